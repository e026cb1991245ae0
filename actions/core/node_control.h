// What the plugin "controller" may tell the node agent to do. Thread-safe; called from an action's
// thread, never from the agent's loop.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace orch::actions {

class NodeControl {
 public:
  virtual ~NodeControl() = default;
  // Reads plugins anew and offers the result: all, or one by name. Blocks until the node offers them, at
  // most `timeout`. NotFound when there is no such plugin, neither loaded nor installed;
  // FailedPrecondition when it cannot be loaded, with the reason; DeadlineExceeded.
  virtual absl::Status ReloadPlugins(const std::string& only, absl::Duration timeout) = 0;
  // Ends the service once the running actions, the caller's too, have been answered. Returns at once.
  virtual absl::Status Exit(const std::string& why) = 0;
};

}  // namespace orch::actions

// The commands of the plugin "controller" to the node agent, which implements them. Thread-safe; called on the thread
// of an action, never on the agent's loop.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace orch::actions {

class NodeControl {
 public:
  virtual ~NodeControl() = default;
  // Reloads all plugins, or only the one called `only`. Blocks until the node offers them, at most `timeout`. NotFound
  // if no such plugin is loaded or installed; FailedPrecondition with the reason if it cannot be loaded;
  // DeadlineExceeded.
  virtual absl::Status ReloadPlugins(const std::string& only, absl::Duration timeout) = 0;
  // Ends the service after the running actions, including the caller's, have been answered. Returns immediately.
  virtual absl::Status Exit(const std::string& why) = 0;
};

}  // namespace orch::actions

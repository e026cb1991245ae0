// The node's own state, which rpcutil and a few other plugins read. The agent and the task process implement it.
// Thread-safe; every answer is a copy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/json.h"

namespace orch::actions {

class NodeControl;

class NodeState {
 public:
  struct PluginInfo {
    std::string name, description, author, license, version, url;
    absl::Duration timeout;
  };
  virtual ~NodeState() = default;
  virtual std::string Identity() const = 0;
  virtual std::shared_ptr<const Json> Facts() const = 0;  // an object
  virtual std::vector<std::string> Classes() const = 0;
  virtual std::vector<std::string> Collectives() const = 0;
  virtual std::string MainCollective() const = 0;
  virtual std::vector<PluginInfo> Plugins() const = 0;
  // The counters under the names of rpcutil daemon_stats (threads, pid, times, validated, unvalidated, passed,
  // filtered, starttime, total, replies, configfile, version, ttlexpired, agents).
  virtual Json DaemonStats() const = 0;
  // A configuration item as text or list; NotFound if there is none or it is secret.
  virtual absl::StatusOr<Json> ConfigItem(absl::string_view name) const = 0;
  virtual std::vector<std::string> DataFunctionNames() const = 0;
  // Calls a data function by name (get_data). `arguments` may be empty.
  virtual absl::StatusOr<Json> CallDataFunction(absl::string_view name, const std::vector<std::string>& arguments) = 0;
  // For the plugin "controller"; null where the node cannot be controlled.
  virtual NodeControl* Control() { return nullptr; }
};

}  // namespace orch::actions

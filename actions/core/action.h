// What it takes to do something on a node. Rooms above decide whether it may be done.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/error_kind.h"
#include "actions/ddl/ddl.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process/process.h"

namespace orch::actions {

// Status codes as in MCollective.
enum StatusCode : int {
  kOk = 0,
  kAborted = 1,  // ran and failed, or refused
  kUnknownAction = 2,
  kMissingInput = 3,
  kInvalidInput = 4,
  kUnknownError = 5,
};

struct Reply {
  int status_code = kOk;
  std::string status_message = "OK";
  ErrorKind error_kind = ErrorKind::kNone;
  Json data = Json::object();

  static Reply Aborted(std::string message, Json data = Json::object());
  // With status code 5.
  static Reply Failure(ErrorKind error_kind, std::string message, Json data = Json::object());
};

class NodeControl;

// The node's own state, for rpcutil and the like. Thread-safe; every answer is a copy.
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
  // Names as in rpcutil daemon_stats (threads, pid, times, validated, unvalidated, passed, filtered,
  // starttime, total, replies, configfile, version, ttlexpired, agents).
  virtual Json DaemonStats() const = 0;
  // A configuration item as text or list; NotFound when there is none or it is secret.
  virtual absl::StatusOr<Json> ConfigItem(absl::string_view name) const = 0;
  virtual std::vector<std::string> DataFunctionNames() const = 0;
  // A data function by name (get_data). `query` may be empty.
  virtual absl::StatusOr<Json> CallDataFunction(absl::string_view name, const std::vector<std::string>& arguments) = 0;
  // For the plugin "controller"; null where the node cannot be told anything.
  virtual NodeControl* Control() { return nullptr; }
};

struct Request {
  std::string plugin;
  std::string action;
  Json inputs = Json::object();  // validated, defaults filled
  std::string caller;
  std::string job_id;
  std::string collective;
  std::string sender;  // the hub's name
  absl::Time issued_at;
  absl::Duration ttl;
};

struct Context {
  const Clock* clock = nullptr;
  NodeState* node = nullptr;
  const CancelToken* cancel = nullptr;
  absl::Duration timeout;  // what is left for the action; process specs must not exceed it
  // Where an action whose DDL says `streams` puts what its programs print, piece by piece, while it runs;
  // fits ProcessSpec::on_output. Thread-safe, never blocks. Null: nobody looks.
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;
};

// A plugin that can run. Thread-safe: Run is called from several workers, except where
// `max_concurrency` says otherwise.
class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual const std::shared_ptr<const ddl::Plugin>& ddl() const = 0;
  // At once for the action's slot; 0: no limit of its own. The package plugin takes 1 for changes.
  virtual int MaxConcurrency(absl::string_view /*action*/) const { return 0; }
  // Actions with impact: change run in a process of their own, which outlives the agent and makes the
  // plugin anew from its settings. True for one that needs the agent itself: a restart then ends it.
  virtual bool NeedsAgent(absl::string_view /*action*/) const { return false; }
  // Actions of one plugin that return the same name share a slot; by default each has its own.
  virtual std::string ConcurrencySlot(absl::string_view action) const { return std::string(action); }
  // How much longer than its timeout an action gets, for plugins that end their own program then.
  virtual absl::Duration Overrun() const { return absl::ZeroDuration(); }
  // Blocks until done, at most `context.timeout`, the overrun included. Never throws.
  virtual Reply Run(const Request& request, const Context& context) = 0;
};

}  // namespace orch::actions

// One run of an action on a node: the request, its surroundings and the reply, as plain values. Plugins (plugin.h) run
// requests; the rooms above decide whether a request may run.
#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/error_kind.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"

namespace orch::actions {

// The status codes of MCollective.
enum StatusCode : int {
  kOk = 0,
  kAborted = 1,  // the action failed or was refused
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

class NodeState;

struct Request {
  std::string plugin;
  std::string action;
  Json inputs = Json::object();  // validated, with defaults
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
  absl::Duration timeout;  // the time left for the action; its processes must not exceed it
  // Takes the output of the action's programs, piece by piece, while they run, if the DDL declares `streams`; fits
  // ProcessSpec::on_output. Thread-safe; never blocks. May be null.
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;
};

}  // namespace orch::actions

#include "actions/plugins/controller/controller.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/core/node_control.h"
#include "actions/core/node_state.h"

namespace orch::actions {
namespace {

// The part of the action's time that is reserved for the reply.
constexpr absl::Duration kReserve = absl::Milliseconds(500);

Reply Stats(const Context& context) {
  const Json stats = context.node->DaemonStats();
  const auto count = [&stats](const char* name) { return stats.value(name, Json(0)); };
  Reply reply;
  reply.data = Json{{"total", count("total")},         {"replies", count("replies")},   {"valid", count("validated")},
                    {"invalid", count("unvalidated")}, {"filtered", count("filtered")}, {"passed", count("passed")}};
  return reply;
}

Reply Message(const absl::Status& status, std::string message) {
  if (!status.ok()) return ReplyFor(status);
  Reply reply;
  reply.data = Json{{"message", std::move(message)}};
  return reply;
}

}  // namespace

Reply Controller::RunAction(const Request& request, const Context& context) {
  if (request.action == "stats") return Stats(context);
  NodeControl* control = context.node->Control();
  if (control == nullptr) return Reply::Aborted("this node cannot be controlled");
  const absl::Duration timeout = std::max(context.timeout - kReserve, context.timeout / 2);
  if (request.action == "reload_agents") {
    return Message(control->ReloadPlugins("", timeout), "reloaded all agents");
  }
  if (request.action == "reload_agent") {
    const std::string agent = InputText(request, "agent");
    return Message(control->ReloadPlugins(agent, timeout), absl::StrCat("reloaded ", agent, " agent"));
  }
  if (request.action == "exit") {
    return Message(control->Exit(absl::StrCat("asked by ", request.caller)), "the node agent ends");
  }
  return Reply::Failure(ErrorKind::kProtocol,
                        absl::StrCat("controller declares ", request.action, " but does not have it"));
}

}  // namespace orch::actions

#include "services/nodeagent/runner/run_action.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/log.h"

namespace orch::nodeagent {

actions::Reply RunAction(actions::Plugin* plugin, const ddl::Action& action, const actions::Request& request,
                         const actions::Context& context) {
  try {
    actions::Reply reply = plugin->Run(request, context);
    Json defaults = Json::object();
    ddl::FillOutputDefaults(action, &defaults);
    if (reply.data.is_object()) {
      defaults.update(reply.data);
      reply.data = std::move(defaults);
    }
    return reply;
  } catch (const std::exception& error) {
    // A plugin must not throw; if one does, the agent must survive.
    LogError("action threw", {{"plugin", request.plugin}, {"action", action.name}, {"error", error.what()}});
    return actions::Reply::Failure(actions::ErrorKind::kCrash,
                                   absl::StrCat("the action failed inside: ", error.what()));
  }
}

}  // namespace orch::nodeagent

#include "actions/external/program_plugin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "actions/ddl/validate.h"
#include "actions/worker/warm_worker.h"

namespace orch::actions {
Reply ProgramPlugin::Run(const Request& request, const Context& context) {
  const absl::StatusOr<const ddl::Action*> action = ddl::RequireAction(*source_.ddl, request.action);
  if (!action.ok()) {
    Reply reply;
    reply.status_code = kUnknownAction;
    reply.status_message = std::string(action.status().message());
    return reply;
  }
  Reply reply = RunAction(request, context, std::max(context.timeout - kEndReserve, context.timeout / 2));
  ddl::FillOutputDefaults(**action, &reply.data);
  return reply;
}

std::string ProgramPlugin::SettingsText() const {
  std::string text;
  for (const auto& [key, value] : source_.settings) {
    absl::StrAppend(&text, key, " = ", absl::StrReplaceAll(value, {{"\n", " "}, {"\r", " "}}), "\n");
  }
  return text;
}

Reply CouldNotCall(const Request& request, const absl::Status& why) {
  return ReplyForWorker(absl::Status(why.code(), absl::StrCat("Could not call external agent ", request.plugin, "#",
                                                              request.action, ": ", why.message())));
}

}  // namespace orch::actions

#include "actions/external/legacy_plugin.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "actions/external/agent_protocol.h"
#include "actions/external/program_call.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

// Writes the request as MCollective does, which always added process_results to the data.
std::string RequestText(const Request& request) {
  Json data = request.inputs.is_object() ? request.inputs : Json::object();
  if (!data.contains("process_results")) data["process_results"] = true;
  return DumpJson(Json{{"agent", request.plugin},
                       {"action", request.action},
                       {"data", std::move(data)},
                       {"sender", request.sender},
                       {"callerid", request.caller},
                       {"uniqid", request.job_id}});
}

}  // namespace

absl::StatusOr<std::shared_ptr<ProgramPlugin>> LegacyPlugin::Create(Source source) {
  std::map<std::string, std::string> scripts;
  for (const auto& [name, action] : source.ddl->actions) {
    if (action.implemented_by.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(source.files.DdlPath(), ": action ", name,
                                                     " needs 'implemented_by', the name of its script in ",
                                                     source.files.folder, "/", source.files.name));
    }
    ORCH_ASSIGN_OR_RETURN(scripts[name], FindScriptOf(source.files, action.implemented_by));
  }
  return std::make_shared<LegacyPlugin>(std::move(source), std::move(scripts));
}

Reply LegacyPlugin::RunAction(const Request& request, const Context& context, absl::Duration timeout) {
  ProgramCall call;
  call.style = ProgramCall::Style::kMcollective;
  call.what = absl::StrCat(request.plugin, "#", request.action);
  call.program = scripts_.at(request.action);
  call.request = RequestText(request);
  call.timeout = timeout;
  call.max_reply = kMaxReplyFile;
  call.cancel = context.cancel;
  call.streams = source().ddl->FindAction(request.action)->streams;
  call.on_output = context.on_output;
  const absl::StatusOr<ProgramAnswer> answer = CallProgram(call, *context.clock);
  if (!answer.ok()) return CouldNotCall(request, answer.status());
  if (answer->exit_code < 0 || answer->exit_code > kUnknownError) {
    return CouldNotCall(
        request,
        WithLastLines(absl::UnavailableError(absl::StrCat(call.program, " ended with exit code ", answer->exit_code)),
                      answer->last_lines));
  }
  absl::StatusOr<Json> data = ParseJsonObject(answer->reply, "its reply file", kMaxReplyFile);
  if (!data.ok() && answer->exit_code == kOk) {
    return CouldNotCall(request, WithLastLines(data.status(), answer->last_lines));
  }
  Reply reply;
  reply.status_code = answer->exit_code;
  const std::string said(absl::StripAsciiWhitespace(answer->error_text));
  if (reply.status_code != kOk) reply.status_message = said.empty() ? absl::StrCat(call.what, " failed") : said;
  if (data.ok()) reply.data = *std::move(data);
  return reply;
}

}  // namespace orch::actions

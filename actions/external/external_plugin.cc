#include "actions/external/external_plugin.h"

#include "absl/strings/str_cat.h"
#include "actions/core/node_state.h"
#include "actions/external/agent_protocol.h"
#include "actions/external/program_call.h"
#include "base/process/cancel_token.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

// The number of bytes of a faulty reply that a message shows.
constexpr size_t kMaxQuoted = 200;

absl::Status CheckExit(const ProgramCall& call, const ProgramAnswer& answer) {
  if (answer.exit_code == 0) return absl::OkStatus();
  return WithLastLines(absl::UnavailableError(absl::StrCat(call.program, " ended with exit code ", answer.exit_code)),
                       answer.last_lines);
}

absl::Status WrongReply(const ProgramAnswer& answer, const absl::Status& why) {
  if (answer.reply.empty()) {
    return WithLastLines(absl::InvalidArgumentError("it wrote nothing to its reply file"), answer.last_lines);
  }
  return WithLastLines(absl::InvalidArgumentError(absl::StrCat(
                           why.message(), "; it began: ", DumpJson(Json(answer.reply.substr(0, kMaxQuoted))))),
                       answer.last_lines);
}

}  // namespace

absl::StatusOr<std::shared_ptr<ProgramPlugin>> ExternalPlugin::Create(Source source) {
  ORCH_ASSIGN_OR_RETURN(std::string program, FindProgramOf(source.files));
  return std::make_shared<ExternalPlugin>(std::move(source), std::move(program));
}

absl::StatusOr<bool> ExternalPlugin::Activate(const std::shared_ptr<const Json>& facts, const CancelToken* cancel) {
  ProgramCall call;
  call.what = absl::StrCat(source().ddl->name, " (activation)");
  call.program = program_;
  call.protocol = kActivationProtocol;
  call.request = ProtocolText(ActivationObject(source().ddl->name));
  call.settings = SettingsText();
  call.facts = facts;
  call.timeout = kActivationTimeout;
  call.max_reply = kMaxActivationFile;
  call.cancel = cancel;
  ORCH_ASSIGN_OR_RETURN(const ProgramAnswer answer, CallProgram(call, *source().clock));
  ORCH_RETURN_IF_ERROR(CheckExit(call, answer));
  absl::StatusOr<bool> activate = ReadActivation(answer.reply);
  if (!activate.ok()) return WrongReply(answer, activate.status());
  return activate;
}

Reply ExternalPlugin::RunAction(const Request& request, const Context& context, absl::Duration timeout) {
  ProgramCall call;
  call.what = absl::StrCat(request.plugin, "#", request.action);
  call.program = program_;
  call.protocol = kRequestProtocol;
  call.request = ProtocolText(RequestObject(request));
  call.settings = SettingsText();
  call.facts = context.node->Facts();
  call.timeout = timeout;
  call.max_reply = kMaxReplyFile;
  call.cancel = context.cancel;
  call.streams = source().ddl->FindAction(request.action)->streams;
  call.on_output = context.on_output;
  const absl::StatusOr<ProgramAnswer> answer = CallProgram(call, *context.clock);
  if (!answer.ok()) return CouldNotCall(request, answer.status());
  if (const absl::Status ended = CheckExit(call, *answer); !ended.ok()) return CouldNotCall(request, ended);
  absl::StatusOr<Reply> reply = ReadReply(answer->reply);
  if (reply.ok() && !answer->reply.empty()) return *std::move(reply);
  return CouldNotCall(request, WrongReply(*answer, reply.status()));
}

}  // namespace orch::actions

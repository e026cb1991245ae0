#include "actions/core/builtin_plugin.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"

namespace orch::actions {

Reply BuiltinPlugin::Run(const Request& request, const Context& context) {
  const ddl::Action* action = ddl_->FindAction(request.action);
  if (action == nullptr) {
    Reply reply;
    reply.status_code = kUnknownAction;
    reply.status_message = absl::StrCat("plugin ", ddl_->name, " has no action '", request.action, "'");
    return reply;
  }
  Reply reply = RunAction(request, context);
  ddl::FillOutputDefaults(*action, &reply.data);
  return reply;
}

Reply ReplyFor(const absl::Status& status, Json data) {
  const std::string message(status.message());
  if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) {
    const ErrorKind kind = absl::IsCancelled(status) ? ErrorKind::kCancelled : ErrorKind::kTimeout;
    return Reply::Failure(kind, message, std::move(data));
  }
  return Reply::Aborted(message, std::move(data));
}

std::string InputText(const Request& request, absl::string_view name) {
  const auto found = request.inputs.find(std::string(name));
  return found != request.inputs.end() && found->is_string() ? found->get<std::string>() : "";
}

bool InputFlag(const Request& request, absl::string_view name) {
  const auto found = request.inputs.find(std::string(name));
  return found != request.inputs.end() && found->is_boolean() && found->get<bool>();
}

bool SettingIsOn(const std::map<std::string, std::string>& settings, const std::string& name) {
  const auto found = settings.find(name);
  bool on = false;
  return found != settings.end() && (found->second == "on" || (absl::SimpleAtob(found->second, &on) && on));
}

}  // namespace orch::actions

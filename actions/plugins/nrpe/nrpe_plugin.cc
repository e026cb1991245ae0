#include "actions/plugins/nrpe/nrpe_plugin.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/plugins/nrpe/checks.h"
#include "actions/plugins/nrpe/command_line.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

using Checks = std::map<std::string, std::string>;
using Arguments = std::vector<std::string>;

constexpr int kCheckSeconds = 10;
// The characters that NRPE refuses. No shell sees them here, but a check may itself be a shell script.
constexpr char kNastyCharacters[] = "|`&><'\"\\[]{};$";

std::string PluginSetting(const Checks& settings, const char* name) {
  const auto found = settings.find(absl::StrCat("nrpe.", name));
  return found == settings.end() ? "" : found->second;
}

// Returns the context of the action, limited to one check.
Context ForOneCheck(const Context& context, const Checks& settings, absl::Duration left) {
  int seconds = kCheckSeconds;
  if (!absl::SimpleAtoi(PluginSetting(settings, "command_timeout"), &seconds) || seconds <= 0) seconds = kCheckSeconds;
  Context one = context;
  one.timeout = std::min(left, absl::Seconds(seconds));
  return one;
}

absl::Status CheckNrpeArguments(const std::string& text) {
  const size_t bad = text.find_first_of(kNastyCharacters);
  if (bad != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("input 'args': must not hold ", text.substr(bad, 1)));
  }
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return absl::InvalidArgumentError("input 'args': must not hold control characters");
  }
  return absl::OkStatus();
}

}  // namespace

NrpePlugin::NrpePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), settings_(options.settings) {}

Reply NrpePlugin::RunAction(const Request& request, const Context& context) {
  const absl::StatusOr<Checks> checks = LoadChecks(settings_);
  if (!checks.ok()) return ReplyFor(checks.status());
  return request.action == "runcommand" ? RunOne(request, context, *checks) : RunAll(context, *checks);
}

Reply NrpePlugin::RunOne(const Request& request, const Context& context, const Checks& checks) const {
  const std::string name = InputText(request, "command");
  const std::string text = InputText(request, "args");
  const bool allowed = SettingIsOn(settings_, "nrpe.allow_args");
  Json data{{"command", name}, {"exitcode", kUnknownState}};
  const auto check = checks.find(name);
  if (check == checks.end()) {
    return Reply::Aborted(absl::StrCat("UNKNOWN: this node has no check ", name), std::move(data));
  }
  if (!text.empty() && !allowed) {
    return Reply::Aborted("UNKNOWN: arguments are not allowed here; they need plugin.nrpe.allow_args: true on the node",
                          std::move(data));
  }
  if (const absl::Status good = CheckNrpeArguments(text); !good.ok()) {
    Reply reply = Reply::Aborted(std::string(good.message()), std::move(data));
    reply.status_code = kInvalidInput;
    return reply;
  }
  const Arguments arguments = text.empty() ? Arguments() : absl::StrSplit(text, '!');
  const Context one = ForOneCheck(context, settings_, context.timeout);
  const absl::StatusOr<CheckResult> result =
      RunCheck(CommandRunner(one, PluginSetting(settings_, "path")), check->second, allowed ? &arguments : nullptr);
  if (!result.ok()) return ReplyFor(result.status(), std::move(data));
  data["exitcode"] = result->exit_code;
  data["output"] = result->output;
  data["perfdata"] = result->perfdata;
  if (result->exit_code != 0) {
    const std::string line = result->output.substr(0, result->output.find('\n'));
    return Reply::Aborted(absl::StrCat(StateName(result->exit_code), line.empty() ? "" : ": ", line), std::move(data));
  }
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

Reply NrpePlugin::RunAll(const Context& context, const Checks& checks) const {
  const absl::Duration deadline = context.clock->Steady() + context.timeout;
  Json results = Json::object();
  for (const auto& [name, line] : checks) {
    const Context one = ForOneCheck(context, settings_, deadline - context.clock->Steady());
    const absl::StatusOr<CheckResult> result =
        RunCheck(CommandRunner(one, PluginSetting(settings_, "path")), line, nullptr);
    if (!result.ok()) return ReplyFor(result.status(), Json{{"commands", results}});
    results[name] = {{"exitcode", result->exit_code}, {"output", result->output}, {"perfdata", result->perfdata}};
  }
  Reply reply;
  reply.data = Json{{"commands", std::move(results)}};
  return reply;
}

absl::StatusOr<int> CheckExitCode(const std::string& check, const Context& context, const Checks& settings) {
  ORCH_ASSIGN_OR_RETURN(const Checks checks, LoadChecks(settings));
  const auto found = checks.find(check);
  if (found == checks.end()) return absl::NotFoundError(absl::StrCat("this node has no check '", check, "'"));
  ORCH_ASSIGN_OR_RETURN(const CheckResult result,
                        RunCheck(CommandRunner(context, PluginSetting(settings, "path")), found->second, nullptr));
  return result.exit_code;
}

}  // namespace orch::actions

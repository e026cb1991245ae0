#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/plugins/service/service_provider.h"
#include "base/process/find_program.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxScriptProblemBytes = 300;
constexpr char kStandardFolder[] = "/etc/init.d";

// The exit codes of `status` in the Linux Standard Base.
constexpr int kRunning = 0;
constexpr int kDeadWithPidFile = 1;
constexpr int kStopped = 3;

class ScriptProvider final : public ServiceProvider {
 public:
  ScriptProvider(const CommandRunner& runner, std::string folder) : runner_(runner), folder_(std::move(folder)) {}

  absl::StatusOr<bool> Running(const std::string& service) override {
    ORCH_ASSIGN_OR_RETURN(const CommandOutput output, Run(runner_, service, "status"));
    if (output.exit_code == kRunning) return true;
    if (output.exit_code >= kDeadWithPidFile && output.exit_code <= kStopped) return false;
    return absl::AbortedError(
        absl::StrCat("the script of service ", service, " does not say whether it runs: ", Problem(output)));
  }

  absl::Status Act(ServiceVerb verb, const std::string& service) override {
    // Scripts also start daemons with `nohup daemon &`, so the processes that they leave running are the service.
    ORCH_ASSIGN_OR_RETURN(const CommandOutput output, Run(runner_.Leaving(), service, std::string(VerbName(verb))));
    if (output.exit_code == 0) return absl::OkStatus();
    return absl::AbortedError(absl::StrCat("could not ", VerbName(verb), " ", service, ": ", Problem(output)));
  }

  bool EndsByItself(const std::string& /*service*/) override { return false; }

 private:
  absl::StatusOr<CommandOutput> Run(const CommandRunner& runner, const std::string& service,
                                    const std::string& verb) const {
    // systemd has units such as "-.mount", but service(8) takes a leading dash for an option.
    if (absl::StartsWith(service, "-")) {
      return absl::InvalidArgumentError(absl::StrCat("'", service, "' is no name of an init script"));
    }
    const std::string script = absl::StrCat(folder_, "/", service);
    if (!FindProgram(script).ok()) {
      return absl::NotFoundError(absl::StrCat("this node has no service '", service, "': there is no script ", script));
    }
    // service(8) knows only the standard folder, and gives its scripts a clean environment.
    if (folder_ == kStandardFolder && runner.Has("service")) return runner.Run({"service", service, verb});
    return runner.Run({script, verb});
  }

  static std::string Problem(const CommandOutput& output) {
    const std::string text = output.Text();
    return absl::StrCat("exit code ", output.exit_code, ": ",
                        absl::StripAsciiWhitespace(text).substr(0, kMaxScriptProblemBytes));
  }

  const CommandRunner& runner_;
  const std::string folder_;
};

}  // namespace

absl::string_view VerbName(ServiceVerb verb) {
  switch (verb) {
    case ServiceVerb::kStart:
      return "start";
    case ServiceVerb::kStop:
      return "stop";
    case ServiceVerb::kRestart:
      return "restart";
  }
  return "";
}

std::unique_ptr<ServiceProvider> MakeScriptProvider(const CommandRunner& runner, std::string folder) {
  return std::make_unique<ScriptProvider>(runner, std::move(folder));
}

}  // namespace orch::actions

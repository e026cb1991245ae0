#include "actions/plugins/package/rpm_provider.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/plugins/package/package_lock.h"
#include "actions/plugins/package/package_output.h"
#include "base/status_macros.h"

namespace orch::actions {

absl::Status RpmProvider::CheckLock() const {
  ORCH_RETURN_IF_ERROR(CheckRecordLocks({root_ + "/var/lib/rpm/.rpm.lock", root_ + "/usr/lib/sysimage/rpm/.rpm.lock"}));
  return CheckPidFiles({root_ + "/var/cache/dnf/metadata_lock.pid", root_ + "/var/cache/dnf/download_lock.pid",
                        root_ + "/var/lib/dnf/rpmdb_lock.pid", root_ + "/var/run/yum.pid", root_ + "/run/zypp.pid"},
                       {"dnf", "yum", "python", "packagekit", "zypp", "y2base", "ruby"});
}

absl::StatusOr<PackageState> RpmProvider::Query(const CommandRunner& runner, const std::string& package) const {
  ORCH_ASSIGN_OR_RETURN(const CommandOutput output, runner.Run({"rpm", "-q", "--qf", kRpmFormat, package}));
  const PackageState state = ParseRpmQuery(output.exit_code == 0 ? output.out : "", package);
  if (output.exit_code != 0 && !absl::StrContains(output.Text(), "is not installed")) {
    return absl::AbortedError(absl::StrCat("rpm -q ", package, ": ", ProblemLine(output.Text())));
  }
  return state;
}

absl::StatusOr<std::vector<std::string>> RpmProvider::List(const CommandRunner& runner) const {
  ORCH_ASSIGN_OR_RETURN(const CommandOutput output,
                        runner.Run({"rpm", "-qa", "--qf", "%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH}\\n"}));
  if (output.exit_code != 0) return absl::AbortedError(absl::StrCat("rpm -qa: ", ProblemLine(output.Text())));
  if (output.truncated) return absl::ResourceExhaustedError("rpm lists more packages than can be read");
  std::vector<std::string> lines = absl::StrSplit(output.out, '\n', absl::SkipEmpty());
  std::sort(lines.begin(), lines.end());
  return lines;
}

absl::StatusOr<PackageCommand> RpmProvider::RunCommand(const CommandRunner& runner,
                                                       const std::vector<std::string>& argv,
                                                       const std::vector<int>& good) {
  ORCH_ASSIGN_OR_RETURN(const CommandOutput output, runner.Run(argv, {{"ZYPP_LOCK_TIMEOUT", "0"}}));
  PackageCommand command;
  command.exit_code = output.exit_code;
  command.output = output.Text();
  command.ok = std::find(good.begin(), good.end(), output.exit_code) != good.end();
  if (command.ok) return command;
  for (const char* sign : {"is locked by", "Another app is currently holding", "already running", "exiting because"}) {
    if (!absl::StrContains(command.output, sign)) continue;
    return absl::UnavailableError(absl::StrCat("the package manager is locked by another process: ",
                                               ProblemLine(command.output), "; try again when it has ended"));
  }
  command.problem = absl::StrCat("exit code ", output.exit_code, ": ", ProblemLine(command.output));
  return command;
}

}  // namespace orch::actions

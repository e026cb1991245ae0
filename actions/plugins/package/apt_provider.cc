#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/plugins/package/package_lock.h"
#include "actions/plugins/package/package_output.h"
#include "actions/plugins/package/package_provider.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

using Argv = std::vector<std::string>;

// Options for which apt-get asks no question, keeps changed configuration files and restarts no service.
const std::map<std::string, std::string>& Quiet() {
  static const auto* const env = new std::map<std::string, std::string>{{"DEBIAN_FRONTEND", "noninteractive"},
                                                                        {"APT_LISTCHANGES_FRONTEND", "none"},
                                                                        {"APT_LISTBUGS_FRONTEND", "none"},
                                                                        {"NEEDRESTART_SUSPEND", "1"}};
  return *env;
}

class AptProvider final : public PackageProvider {
 public:
  explicit AptProvider(std::string root) : root_(std::move(root)) {}

  absl::string_view name() const override { return "apt"; }

  absl::Status CheckLock() const override {
    return CheckRecordLocks({root_ + "/var/lib/dpkg/lock-frontend", root_ + "/var/lib/dpkg/lock",
                             root_ + "/var/cache/apt/archives/lock", root_ + "/var/lib/apt/lists/lock"});
  }

  absl::StatusOr<PackageState> Query(const CommandRunner& runner, const std::string& package) const override {
    ORCH_ASSIGN_OR_RETURN(const CommandOutput output,
                          runner.Run({"dpkg-query", "-W", "-f", kDpkgFormat, "--", package}));
    if (output.exit_code > 1) return absl::AbortedError(absl::StrCat("dpkg-query: ", ProblemLine(output.Text())));
    return ParseDpkgQuery(output.out, package);
  }

  absl::StatusOr<std::vector<std::string>> List(const CommandRunner& runner) const override {
    ORCH_ASSIGN_OR_RETURN(const CommandOutput output, runner.Run({"dpkg-query", "-W", "-f", kDpkgListFormat}));
    if (output.exit_code != 0) return absl::AbortedError(absl::StrCat("dpkg-query: ", ProblemLine(output.Text())));
    if (output.truncated) return absl::ResourceExhaustedError("dpkg-query lists more packages than can be read");
    return ParseDpkgList(output.out);
  }

  absl::StatusOr<PackageCommand> Install(const CommandRunner& runner, const std::string& package,
                                         const std::string& version) const override {
    ORCH_RETURN_IF_ERROR(CheckOffered(runner, package, version));
    Argv arguments = {"install"};
    if (!version.empty()) arguments.push_back("--allow-downgrades");
    arguments.insert(arguments.end(), {"--", version.empty() ? package : absl::StrCat(package, "=", version)});
    return AptGet(runner, arguments);
  }

  absl::StatusOr<PackageCommand> Update(const CommandRunner& runner, const std::string& package) const override {
    return AptGet(runner, {"install", "--only-upgrade", "--", package});
  }

  absl::StatusOr<PackageCommand> Remove(const CommandRunner& runner, const std::string& package,
                                        bool purge) const override {
    return AptGet(runner, {purge ? "purge" : "remove", "--", package});
  }

  absl::StatusOr<PackageCommand> CheckUpdates(const CommandRunner& runner, PackageUpdates* updates) const override {
    ORCH_ASSIGN_OR_RETURN(PackageCommand command, Simple(runner, {"apt-get", "--simulate", "-q", "dist-upgrade"}));
    *updates = ParseAptSimulation(command.output);
    return command;
  }

  absl::StatusOr<PackageCommand> Refresh(const CommandRunner& runner) const override {
    // Without this, apt-get update succeeds even if it could not fetch a list.
    return Simple(runner, {"apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"});
  }

  absl::StatusOr<PackageCommand> Search(const CommandRunner& runner, const std::string& package,
                                        std::vector<AvailablePackage>* found) const override {
    ORCH_ASSIGN_OR_RETURN(PackageCommand command, Simple(runner, {"apt-cache", "madison", "--", package}));
    const absl::string_view name = absl::string_view(package).substr(0, package.find(':'));
    for (AvailablePackage& one : ParseMadison(command.output)) {
      if (one.package == name || one.package == package) found->push_back(std::move(one));  // not those of a pattern
    }
    return command;
  }

 private:
  // apt-get takes an unknown name for a pattern, and "+" or "-" at the end of an unknown version for an order to
  // install or to remove, so it only gets names and versions that exist.
  static absl::Status CheckOffered(const CommandRunner& runner, const std::string& package,
                                   const std::string& version) {
    ORCH_ASSIGN_OR_RETURN(const CommandOutput output, runner.Run({"apt-cache", "policy", "--", package}));
    const AptPolicy policy = ParseAptPolicy(output.out, package);
    if (!policy.known) {
      return absl::NotFoundError(
          absl::StrCat("apt knows no package ", package, "; check the name, or run package apt_update first"));
    }
    if (version.empty()) {
      if (policy.candidate != "(none)") return absl::OkStatus();
      return absl::NotFoundError(absl::StrCat("package ", package, " has no version that can be installed"));
    }
    const std::vector<std::string>& versions = policy.versions;
    if (std::find(versions.begin(), versions.end(), version) != versions.end()) return absl::OkStatus();
    return absl::NotFoundError(NoSuchVersion("apt", package, version, versions));
  }

  static absl::StatusOr<PackageCommand> Simple(const CommandRunner& runner, const Argv& argv) {
    ORCH_ASSIGN_OR_RETURN(const CommandOutput output, runner.Run(argv, Quiet()));
    PackageCommand command{output.exit_code == 0, output.exit_code, output.Text(), ""};
    if (absl::StrContains(command.output, "Could not get lock")) {
      return absl::UnavailableError(absl::StrCat("the package manager is locked by another process: ",
                                                 ProblemLine(command.output), "; try again when it has ended"));
    }
    if (!command.ok) command.problem = absl::StrCat("exit code ", output.exit_code, ": ", ProblemLine(command.output));
    return command;
  }

  static absl::StatusOr<PackageCommand> AptGet(const CommandRunner& runner, const Argv& arguments) {
    Argv argv = {"apt-get",
                 "-q",
                 "-y",
                 "-o",
                 "DPkg::Lock::Timeout=0",
                 "-o",
                 "Dpkg::Options::=--force-confdef",
                 "-o",
                 "Dpkg::Options::=--force-confold"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Simple(runner, argv);
  }

  const std::string root_;
};

}  // namespace

std::unique_ptr<PackageProvider> MakeAptProvider(std::string root) {
  return std::make_unique<AptProvider>(std::move(root));
}

}  // namespace orch::actions

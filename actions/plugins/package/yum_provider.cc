// The providers dnf and yum.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/plugins/package/package_output.h"
#include "actions/plugins/package/rpm_provider.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

using Argv = std::vector<std::string>;

constexpr int kUpdatesAvailable = 100;  // of check-update; not a failure

class YumProvider final : public RpmProvider {
 public:
  YumProvider(std::string program, std::string root) : RpmProvider(std::move(root)), program_(std::move(program)) {}

  absl::string_view name() const override { return program_; }

  absl::StatusOr<PackageCommand> Install(const CommandRunner& runner, const std::string& package,
                                         const std::string& version) const override {
    if (version.empty()) return Yum(runner, {"-y", "install", package});
    ORCH_ASSIGN_OR_RETURN(const std::string wanted, Offered(runner, package, version));
    ORCH_ASSIGN_OR_RETURN(PackageCommand installed, Yum(runner, {"-y", "install", wanted}));
    if (!installed.ok) return installed;
    ORCH_ASSIGN_OR_RETURN(const PackageState state, Query(runner, package));
    if (state.HasVersion(version)) return installed;
    return Yum(runner, {"-y", "downgrade", wanted});  // yum keeps a newer version unless told
  }

  absl::StatusOr<PackageCommand> Update(const CommandRunner& runner, const std::string& package) const override {
    return Yum(runner, {"-y", program_ == "yum" ? "update" : "upgrade", package});
  }

  absl::StatusOr<PackageCommand> Remove(const CommandRunner& runner, const std::string& package,
                                        bool /*purge*/) const override {
    return Yum(runner, {"-y", "remove", package});
  }

  absl::StatusOr<PackageCommand> CheckUpdates(const CommandRunner& runner, PackageUpdates* updates) const override {
    ORCH_ASSIGN_OR_RETURN(PackageCommand command, Yum(runner, {"-q", "check-update"}, {0, kUpdatesAvailable}));
    updates->outdated = ParseYumTable(command.output);
    return command;
  }

  absl::StatusOr<PackageCommand> Refresh(const CommandRunner& runner) const override {
    return Yum(runner, {"makecache"});
  }

  absl::StatusOr<PackageCommand> Search(const CommandRunner& runner, const std::string& package,
                                        std::vector<AvailablePackage>* found) const override {
    ORCH_ASSIGN_OR_RETURN(PackageCommand command,
                          ListVersions(runner, {program_ == "yum" ? "available" : "--available"}, package));
    *found = ParseYumTable(command.output);
    return command;
  }

  absl::StatusOr<PackageCommand> Clean(const CommandRunner& runner, const std::string& mode) const override {
    return Yum(runner, {"clean", mode});
  }

 private:
  // Lists every version of `package` in `scope`; an empty scope includes installed ones. An empty list is no error.
  absl::StatusOr<PackageCommand> ListVersions(const CommandRunner& runner, const Argv& scope,
                                              const std::string& package) const {
    Argv arguments = {"-q", "list"};
    arguments.insert(arguments.end(), scope.begin(), scope.end());
    arguments.insert(arguments.end(), {"--showduplicates", package});
    ORCH_ASSIGN_OR_RETURN(PackageCommand command, Yum(runner, arguments, {0, 1}));
    const bool none = absl::StrContains(command.output, "No matching");
    if (command.exit_code == 1 && !none) {
      command.ok = false;
      command.problem = ProblemLine(command.output);
    }
    return command;
  }

  // Returns the wanted version in words that cannot mean another package: yum reads name-version first as the name of a
  // package ("python3" and "devel" would install python3-devel).
  absl::StatusOr<std::string> Offered(const CommandRunner& runner, const std::string& package,
                                      const std::string& version) const {
    ORCH_ASSIGN_OR_RETURN(const PackageCommand command, ListVersions(runner, {}, package));
    if (!command.ok) return absl::AbortedError(absl::StrCat("could not list versions: ", command.problem));
    std::vector<std::string> versions, words;
    for (const AvailablePackage& row : ParseYumTable(command.output)) {
      const size_t dot = row.package.rfind('.');
      if (row.package != package && row.package.substr(0, dot) != package) continue;
      PackageState offered = RpmVersion(row.version);
      offered.arch = row.package.substr(dot + 1);
      versions.push_back(row.version);
      if (!offered.HasVersion(version)) continue;
      words.push_back(absl::StrCat(row.package.substr(0, dot), "-", row.version, ".", offered.arch));
    }
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    if (words.size() == 1) return words[0];
    // There are several releases or architectures of the version; the package manager chooses.
    if (!words.empty()) return absl::StrCat(package, "-", version);
    return absl::NotFoundError(NoSuchVersion(program_, package, version, versions));
  }

  absl::StatusOr<PackageCommand> Yum(const CommandRunner& runner, const Argv& arguments,
                                     const std::vector<int>& good = {0}) const {
    Argv argv = {program_};
    // Without this, both would wait forever for a lock; dnf 5 does not know the setting.
    if (!(program_ == "dnf" && runner.Has("dnf5"))) argv.push_back("--setopt=exit_on_lock=1");
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return RunCommand(runner, argv, good);
  }

  const std::string program_;
};

}  // namespace

std::unique_ptr<PackageProvider> MakeYumProvider(std::string program, std::string root) {
  return std::make_unique<YumProvider>(std::move(program), std::move(root));
}

}  // namespace orch::actions

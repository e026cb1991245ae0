// dnf, and yum before it.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/package/package_output.h"
#include "actions/package/rpm_provider.h"
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
    const std::string wanted = version.empty() ? package : absl::StrCat(package, "-", version);
    ORCH_ASSIGN_OR_RETURN(PackageCommand installed, Yum(runner, {"-y", "install", wanted}));
    if (version.empty() || !installed.ok) return installed;
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
                          Yum(runner, {"-q", "list", "available", "--showduplicates", package}, {0, 1}));
    *found = ParseYumTable(command.output);
    const bool none = absl::StrContains(command.output, "No matching");
    if (command.exit_code == 1 && !none) {
      command.ok = false;
      command.problem = ProblemLine(command.output);
    }
    return command;
  }

  absl::StatusOr<PackageCommand> Clean(const CommandRunner& runner, const std::string& mode) const override {
    return Yum(runner, {"clean", mode});
  }

 private:
  absl::StatusOr<PackageCommand> Yum(const CommandRunner& runner, const Argv& arguments,
                                     const std::vector<int>& good = {0}) const {
    Argv argv = {program_};
    // Both would wait for ever for a lock; dnf 5 does not know the setting.
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

#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/plugins/package/package_output.h"
#include "actions/plugins/package/rpm_provider.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

using Argv = std::vector<std::string>;

// Exit codes of success with a notice: a reboot or restart of the package manager is needed, or a repository was
// skipped.
const std::vector<int> kDone = {0, 102, 103, 106};
constexpr int kNothingFound = 104;

class ZypperProvider final : public RpmProvider {
 public:
  using RpmProvider::RpmProvider;

  absl::string_view name() const override { return "zypper"; }

  absl::StatusOr<PackageCommand> Install(const CommandRunner& runner, const std::string& package,
                                         const std::string& version) const override {
    Argv arguments = {"install", "--auto-agree-with-licenses"};
    if (!version.empty()) arguments.push_back("--oldpackage");
    arguments.push_back(version.empty() ? package : absl::StrCat(package, "=", version));
    return Zypper(runner, arguments);
  }

  absl::StatusOr<PackageCommand> Update(const CommandRunner& runner, const std::string& package) const override {
    return Zypper(runner, {"update", "--auto-agree-with-licenses", package});
  }

  absl::StatusOr<PackageCommand> Remove(const CommandRunner& runner, const std::string& package,
                                        bool /*purge*/) const override {
    return Zypper(runner, {"remove", package});
  }

  absl::StatusOr<PackageCommand> CheckUpdates(const CommandRunner& runner, PackageUpdates* updates) const override {
    ORCH_ASSIGN_OR_RETURN(PackageCommand command, Zypper(runner, {"list-updates"}));
    updates->outdated = ParseZypperTable(command.output);
    return command;
  }

  absl::StatusOr<PackageCommand> Refresh(const CommandRunner& runner) const override {
    return Zypper(runner, {"refresh"});
  }

  absl::StatusOr<PackageCommand> Search(const CommandRunner& runner, const std::string& package,
                                        std::vector<AvailablePackage>* found) const override {
    std::vector<int> good = kDone;
    good.push_back(kNothingFound);
    ORCH_ASSIGN_OR_RETURN(PackageCommand command,
                          Zypper(runner, {"search", "-s", "-t", "package", "--match-exact", package}, good));
    *found = ParseZypperTable(command.output);
    return command;
  }

 private:
  static absl::StatusOr<PackageCommand> Zypper(const CommandRunner& runner, const Argv& arguments,
                                               const std::vector<int>& good = kDone) {
    Argv argv = {"zypper", "--non-interactive", "--quiet"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return RunCommand(runner, argv, good);
  }
};

}  // namespace

std::unique_ptr<PackageProvider> MakeZypperProvider(std::string root) {
  return std::make_unique<ZypperProvider>(std::move(root));
}

}  // namespace orch::actions

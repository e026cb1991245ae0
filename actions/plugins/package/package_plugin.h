// The plugin "package": manages software packages with apt, dnf, yum or zypper, whichever the node has. Thread-safe.
//
// Settings: package.provider (auto, apt, dnf, yum, zypper), package.yum_clean_mode, package.path (the folders in which
// programs are searched, as in PATH), package.root (prefix of the paths of lock files).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"
#include "actions/plugins/package/package_provider.h"

namespace orch::actions {

struct PackageCall;
struct WantedPackage;

class PackagePlugin final : public BuiltinPlugin {
 public:
  PackagePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

  // One for actions that change packages, because the package manager has one lock.
  int MaxConcurrency(absl::string_view action) const override;
  std::string ConcurrencySlot(absl::string_view action) const override;

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  Reply One(const PackageCall& call) const;
  // Handles the packages one after another; a failure does not stop the others.
  Reply Each(const Request& request, const PackageProvider& provider, const CommandRunner& runner,
             const std::vector<WantedPackage>& packages) const;
  Reply Status(const PackageCall& call) const;
  Reply Install(const PackageCall& call) const;
  Reply Update(const PackageCall& call) const;
  Reply Remove(const PackageCall& call, bool purge) const;
  Reply Count(const PackageCall& call, bool digest) const;
  Reply CheckUpdates(const PackageCall& call) const;
  Reply Search(const PackageCall& call) const;
  Reply Refresh(const PackageCall& call) const;
  Reply Clean(const PackageCall& call) const;

  std::string Setting(const char* name) const;

  const std::map<std::string, std::string> settings_;
};

// Returns the state of one package, for the data function.
absl::StatusOr<PackageState> FindPackage(const std::string& package, const Context& context,
                                         const std::map<std::string, std::string>& settings);

}  // namespace orch::actions

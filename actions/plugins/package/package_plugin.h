// The plugin "package": software packages by apt, dnf, yum or zypper, whichever the node has.
//
// Settings: package.provider (auto, apt, dnf, yum, zypper), package.yum_clean_mode, package.path
// (folders to look for programs in, as in PATH), package.root (before the paths of lock files).
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

struct WantedPackage;

class PackagePlugin final : public BuiltinPlugin {
 public:
  PackagePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

  // One at a time for what changes packages: the package manager has one lock.
  int MaxConcurrency(absl::string_view action) const override;
  std::string ConcurrencySlot(absl::string_view action) const override;

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  struct Call;  // one package of a request, with its provider and runner

  Reply One(const Call& call) const;
  // One after the other, whatever becomes of the ones before.
  Reply Each(const Request& request, const PackageProvider& provider, const CommandRunner& runner,
             const std::vector<WantedPackage>& packages) const;
  Reply Status(const Call& call) const;
  Reply Install(const Call& call) const;
  Reply Update(const Call& call) const;
  Reply Remove(const Call& call, bool purge) const;
  Reply Count(const Call& call, bool digest) const;
  Reply CheckUpdates(const Call& call) const;
  Reply Search(const Call& call) const;
  Reply Refresh(const Call& call) const;
  Reply Clean(const Call& call) const;

  std::string Setting(const char* name) const;

  const std::map<std::string, std::string> settings_;
};

// The state of one package, for the data function.
absl::StatusOr<PackageState> FindPackage(const std::string& package, const Context& context,
                                         const std::map<std::string, std::string>& settings);

}  // namespace orch::actions

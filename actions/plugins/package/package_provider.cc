#include "actions/plugins/package/package_provider.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace orch::actions {

bool PackageState::HasVersion(absl::string_view wanted) const {
  if (!installed) return false;
  for (const PackageState& other : others) {
    if (other.HasVersion(wanted)) return true;
  }
  if (!arch.empty()) absl::ConsumeSuffix(&wanted, absl::StrCat(".", arch));
  if (wanted == ensure || wanted == version) return true;
  const std::string full = release.empty() ? version : absl::StrCat(version, "-", release);
  if (wanted == full) return true;
  return !epoch.empty() && (wanted == absl::StrCat(epoch, ":", full) || wanted == absl::StrCat(epoch, ":", version));
}

absl::StatusOr<PackageCommand> PackageProvider::Clean(const CommandRunner&, const std::string&) const {
  return absl::UnimplementedError(absl::StrCat(name(), " has no cache to clean this way"));
}

absl::StatusOr<std::unique_ptr<PackageProvider>> MakePackageProvider(absl::string_view name,
                                                                     const CommandRunner& runner,
                                                                     const std::string& root) {
  const bool automatic = name.empty() || name == "auto";
  const auto use = [&](absl::string_view provider, absl::string_view program, absl::string_view query) {
    return (automatic || name == provider) && runner.Has(program) && runner.Has(query);
  };
  if (use("apt", "apt-get", "dpkg-query")) return MakeAptProvider(root);
  if (use("zypper", "zypper", "rpm")) return MakeZypperProvider(root);  // before dnf, which SUSE also packages
  if (use("dnf", "dnf", "rpm")) return MakeYumProvider("dnf", root);
  if (use("yum", "yum", "rpm")) return MakeYumProvider("yum", root);
  if (automatic) {
    return absl::NotFoundError("this node has no package manager known here: apt-get, zypper, dnf and yum are missing");
  }
  for (absl::string_view known : {"apt", "zypper", "dnf", "yum"}) {
    if (name == known) return absl::NotFoundError(absl::StrCat("this node has no ", name));
  }
  return absl::NotFoundError(
      absl::StrCat("package.provider '", name, "' is not known; use auto, apt, dnf, yum or zypper"));
}

}  // namespace orch::actions

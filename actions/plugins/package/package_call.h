// What the actions of the plugin "package" share: one package of one request, and how to answer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/plugins/package/package_plugin.h"
#include "actions/plugins/package/package_provider.h"

namespace orch::actions {

inline constexpr size_t kMaxWantedPackages = 50;  // of one request

struct WantedPackage {
  std::string name;
  std::string version;  // empty: any, or the newest
};

// The inputs package and version, or packages: names between commas, to install also name=version.
// FailedPrecondition when neither is there, InvalidArgument for both, for too many and for bad ones.
absl::StatusOr<std::vector<WantedPackage>> ReadWantedPackages(const Request& request);

// Beyond the DDL's shellsafe, by a named validator (package_name, package_version): nothing that a package
// manager could read as an option, a pattern, a path or a second package.
absl::Status CheckPackageWord(const char* input, const char* validator, const std::string& value);

struct PackagePlugin::Call {
  const Request& request;
  const PackageProvider& provider;
  const CommandRunner& runner;
  std::string package;
  std::string version;

  // Runs what changes a package, then looks again. `reached`: whether the state is the one wanted.
  Reply Change(const PackageState& before, const char* what,
               const std::function<absl::StatusOr<PackageCommand>()>& change,
               const std::function<bool(const PackageState&)>& reached) const;
  Reply Unchanged(const PackageState& state) const;
};

Json PackageStateData(const PackageState& state, absl::string_view provider);
Reply RefusedInput(const absl::Status& status, StatusCode code);
Reply OkWith(Json data);

}  // namespace orch::actions

// One package of one request, with the steps and replies that the actions of the plugin "package" share. Lives for one
// Run on its thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/core/builtin_plugin.h"
#include "actions/core/command_runner.h"
#include "actions/plugins/package/package_provider.h"

namespace orch::actions {

inline constexpr size_t kMaxWantedPackages = 50;  // of one request

struct WantedPackage {
  std::string name;
  std::string version;  // empty: any version, or the newest
};

// Reads the inputs package and version, or packages: names between commas, for install also name=version.
// FailedPrecondition if both are missing; InvalidArgument for both at once, for too many and for invalid ones.
absl::StatusOr<std::vector<WantedPackage>> ReadWantedPackages(const Request& request);

// Checks a word by a named validator (package_name, package_version), which is stricter than the DDL's shellsafe: it
// refuses words that a package manager could take for an option, a pattern, a path or a second package.
absl::Status CheckPackageWord(const char* input, const char* validator, const std::string& value);

struct PackageCall {
  const Request& request;
  const PackageProvider& provider;
  const CommandRunner& runner;
  std::string package;
  std::string version;

  // Runs `change`, then queries the package again. `reached` tells whether the new state is the wanted one.
  Reply Change(const PackageState& before, const char* what,
               const std::function<absl::StatusOr<PackageCommand>()>& change,
               const std::function<bool(const PackageState&)>& reached) const;
  Reply Unchanged(const PackageState& state) const;
};

Json PackageStateData(const PackageState& state, absl::string_view provider);
Reply RefusedInput(const absl::Status& status, StatusCode code);
Reply OkWith(Json data);

}  // namespace orch::actions

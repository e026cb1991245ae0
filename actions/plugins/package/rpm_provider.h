// The base class of the package managers on top of rpm: it queries rpm's database. Thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actions/plugins/package/package_provider.h"

namespace orch::actions {

class RpmProvider : public PackageProvider {
 public:
  explicit RpmProvider(std::string root) : root_(std::move(root)) {}

  absl::Status CheckLock() const override;
  absl::StatusOr<PackageState> Query(const CommandRunner& runner, const std::string& package) const override;
  absl::StatusOr<std::vector<std::string>> List(const CommandRunner& runner) const override;

 protected:
  // Runs `argv`; `good` has the exit codes that mean success.
  static absl::StatusOr<PackageCommand> RunCommand(const CommandRunner& runner, const std::vector<std::string>& argv,
                                                   const std::vector<int>& good = {0});

 private:
  const std::string root_;
};

}  // namespace orch::actions

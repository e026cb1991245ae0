// A package manager. Stateless and thread-safe; every call runs programs through the given runner.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/command_runner.h"

namespace orch::actions {

// The state of one package on the node.
struct PackageState {
  bool installed = false;
  std::string ensure;  // the full version; "absent", or "purged" if dpkg has no remains of it
  std::string name, version, release, epoch, arch;
  // Further installed versions, such as those of kernels; this one is the newest.
  std::vector<PackageState> others;

  // Whether one of the versions is `wanted`, which may be the full version, lack the release, have the epoch, or have
  // the architecture behind it.
  bool HasVersion(absl::string_view wanted) const;
  bool operator==(const PackageState&) const = default;
};

struct AvailablePackage {
  std::string package, version, repo;
};

struct PackageUpdates {
  std::vector<AvailablePackage> outdated;
  std::vector<AvailablePackage> added;  // not installed yet; the update would add them
};

// The outcome of a program; `ok` tells whether its exit code means success to this package manager.
struct PackageCommand {
  bool ok = false;
  int exit_code = 0;
  std::string output;
  std::string problem;  // one line, if not ok
};

class PackageProvider {
 public:
  virtual ~PackageProvider() = default;
  virtual absl::string_view name() const = 0;

  // Unavailable with the name of the holder if another process holds the lock of the package manager.
  virtual absl::Status CheckLock() const = 0;
  virtual absl::StatusOr<PackageState> Query(const CommandRunner& runner, const std::string& package) const = 0;
  // Returns a sorted line for each installed package: name, version, architecture.
  virtual absl::StatusOr<std::vector<std::string>> List(const CommandRunner& runner) const = 0;

  // An empty `version` means the newest.
  virtual absl::StatusOr<PackageCommand> Install(const CommandRunner& runner, const std::string& package,
                                                 const std::string& version) const = 0;
  virtual absl::StatusOr<PackageCommand> Update(const CommandRunner& runner, const std::string& package) const = 0;
  virtual absl::StatusOr<PackageCommand> Remove(const CommandRunner& runner, const std::string& package,
                                                bool purge) const = 0;

  virtual absl::StatusOr<PackageCommand> CheckUpdates(const CommandRunner& runner, PackageUpdates* updates) const = 0;
  virtual absl::StatusOr<PackageCommand> Refresh(const CommandRunner& runner) const = 0;
  virtual absl::StatusOr<PackageCommand> Search(const CommandRunner& runner, const std::string& package,
                                                std::vector<AvailablePackage>* found) const = 0;
  // Unimplemented if the package manager has no such command.
  virtual absl::StatusOr<PackageCommand> Clean(const CommandRunner& runner, const std::string& mode) const;
};

// `root` is the prefix of the paths of lock files ("" on a real node). `program` is dnf or yum.
std::unique_ptr<PackageProvider> MakeAptProvider(std::string root);
std::unique_ptr<PackageProvider> MakeYumProvider(std::string program, std::string root);
std::unique_ptr<PackageProvider> MakeZypperProvider(std::string root);

// Makes the provider of that name or, for "" and "auto", the one whose programs the node has. NotFound names the
// programs.
absl::StatusOr<std::unique_ptr<PackageProvider>> MakePackageProvider(absl::string_view name,
                                                                     const CommandRunner& runner,
                                                                     const std::string& root);

}  // namespace orch::actions

// One package manager. Stateless and thread-safe; every call runs programs through the given runner.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/command_runner.h"

namespace orch::actions {

// What the node knows of one package.
struct PackageState {
  bool installed = false;
  std::string ensure;  // the full version; "absent", or "purged" when dpkg keeps nothing of it
  std::string name, version, release, epoch, arch;
  // Further versions that are installed beside this one, which is the newest: kernels and the like.
  std::vector<PackageState> others;

  // Whether one of the versions is `wanted` as a person gives it: full version, or without release, or with
  // the epoch, or with the architecture behind it.
  bool HasVersion(absl::string_view wanted) const;
  bool operator==(const PackageState&) const = default;
};

struct AvailablePackage {
  std::string package, version, repo;
};

struct PackageUpdates {
  std::vector<AvailablePackage> outdated;
  std::vector<AvailablePackage> added;  // not installed now; the update would bring them
};

// A program that ran: whether its exit code means success to this package manager.
struct PackageCommand {
  bool ok = false;
  int exit_code = 0;
  std::string output;
  std::string problem;  // one line, when not ok
};

class PackageProvider {
 public:
  virtual ~PackageProvider() = default;
  virtual absl::string_view name() const = 0;

  // Unavailable, naming the holder, when another process holds the package manager's lock.
  virtual absl::Status CheckLock() const = 0;
  virtual absl::StatusOr<PackageState> Query(const CommandRunner& runner, const std::string& package) const = 0;
  // One line a package that is installed: name, version, architecture. Sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(const CommandRunner& runner) const = 0;

  // `version` may be empty: the newest.
  virtual absl::StatusOr<PackageCommand> Install(const CommandRunner& runner, const std::string& package,
                                                 const std::string& version) const = 0;
  virtual absl::StatusOr<PackageCommand> Update(const CommandRunner& runner, const std::string& package) const = 0;
  virtual absl::StatusOr<PackageCommand> Remove(const CommandRunner& runner, const std::string& package,
                                                bool purge) const = 0;

  virtual absl::StatusOr<PackageCommand> CheckUpdates(const CommandRunner& runner, PackageUpdates* updates) const = 0;
  virtual absl::StatusOr<PackageCommand> Refresh(const CommandRunner& runner) const = 0;
  virtual absl::StatusOr<PackageCommand> Search(const CommandRunner& runner, const std::string& package,
                                                std::vector<AvailablePackage>* found) const = 0;
  // Unimplemented where the package manager has no such thing.
  virtual absl::StatusOr<PackageCommand> Clean(const CommandRunner& runner, const std::string& mode) const;
};

// `root` goes before the paths of lock files ("" on a real node). Of dnf and yum, `program` says which.
std::unique_ptr<PackageProvider> MakeAptProvider(std::string root);
std::unique_ptr<PackageProvider> MakeYumProvider(std::string program, std::string root);
std::unique_ptr<PackageProvider> MakeZypperProvider(std::string root);

// By name, or for "" and "auto" by the programs the node has. NotFound names what was looked for.
absl::StatusOr<std::unique_ptr<PackageProvider>> MakePackageProvider(absl::string_view name,
                                                                     const CommandRunner& runner,
                                                                     const std::string& root);

}  // namespace orch::actions

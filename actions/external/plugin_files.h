// Finds the plugins in the node's plugin directories, and their files. Refuses files that anybody but root or the user
// of the node agent could have written. Reads the file system. Thread-safe; keeps no state.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/catalog.h"

namespace orch::actions {

inline constexpr size_t kMaxInstalledPlugins = 200;  // on one node; further ones become problems

struct InstalledPlugin {
  std::string name;
  std::string folder;  // the one with NAME.json
  std::string DdlPath() const;
};

// Returns every NAME.json, sorted by name. The first directory with a name wins, even if that plugin is faulty; a
// missing directory holds no plugins. A non-empty `only` selects one name. Appends faults to `problems`.
std::vector<InstalledPlugin> FindInstalledPlugins(const std::vector<std::string>& directories, absl::string_view only,
                                                  std::vector<Catalog::Problem>* problems);

// Returns FOLDER/NAME, else FOLDER/NAME/NAME-OS_ARCH with the names of Go ("linux_amd64"). NotFound names both.
absl::StatusOr<std::string> FindProgramOf(const InstalledPlugin& plugin);
// Returns FOLDER/NAME/SCRIPT.
absl::StatusOr<std::string> FindScriptOf(const InstalledPlugin& plugin, const std::string& script);

// Checks that the file to which `path` leads and its folder belong to root or to the user of this process, and that
// neither the group nor others may write them. PermissionDenied names the file and the remedy.
absl::Status CheckSafeFile(const std::string& path);

}  // namespace orch::actions

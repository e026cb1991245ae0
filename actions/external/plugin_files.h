// Which plugins are installed in the node's plugin directories, and which files are theirs. What
// anybody but root or the node agent's user could have written is refused. Pure but for the file
// system; any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/catalog.h"

namespace orch::actions {

inline constexpr size_t kMaxInstalledPlugins = 200;  // on one node; those beyond are problems

struct InstalledPlugin {
  std::string name;
  std::string folder;  // that holds NAME.json
  std::string DdlPath() const;
};

// Every NAME.json, by name; the first directory that has a name wins, whatever is wrong with it there.
// A directory that is not there holds none. `only`: when not empty, no other name.
std::vector<InstalledPlugin> FindInstalledPlugins(const std::vector<std::string>& directories, absl::string_view only,
                                                  std::vector<Catalog::Problem>* problems);

// FOLDER/NAME, else FOLDER/NAME/NAME-OS_ARCH as Go calls them ("linux_amd64"). NotFound names both.
absl::StatusOr<std::string> FindProgramOf(const InstalledPlugin& plugin);
// FOLDER/NAME/SCRIPT.
absl::StatusOr<std::string> FindScriptOf(const InstalledPlugin& plugin, const std::string& script);

// Of root or this process's user, and writable by no group and nobody else: the file a path leads to,
// and the folder that is in. PermissionDenied names the file and what to do.
absl::Status CheckSafeFile(const std::string& path);

}  // namespace orch::actions

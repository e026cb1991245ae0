// Checks a plugin as a node would: its DDL and the program beside it. It reads files and runs
// nothing.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace orch::cli {

struct PluginCheck {
  std::string file;
  std::string name;  // empty if the DDL cannot be loaded
  std::string version;
  std::string provider;
  size_t actions = 0;
  std::vector<std::string> problems;  // each says what is wrong, where, and what to do
};

// `ddl_file` is NAME.json; its program is NAME, or NAME/NAME-linux_ARCH, in the same folder.
PluginCheck CheckPlugin(const std::string& ddl_file);

// Returns the DDL files of a path: the file itself, or all *.json of a folder by name. NotFound if
// there are none.
absl::StatusOr<std::vector<std::string>> DdlFiles(const std::string& path);

}  // namespace orch::cli

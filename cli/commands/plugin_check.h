// Looks at a plugin as a node would, before it goes to one: its DDL and the program beside it.
// Reads files only; runs nothing.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace orch::cli {

struct PluginCheck {
  std::string file;
  std::string name;  // empty when the DDL cannot be loaded
  std::string version;
  std::string provider;
  size_t actions = 0;
  std::vector<std::string> problems;  // what is wrong, where, and what to do
};

// `ddl_file`: NAME.json; its program is NAME, or NAME/NAME-linux_ARCH, in the same folder.
PluginCheck CheckPlugin(const std::string& ddl_file);

// The DDLs a path means: itself, or all *.json of a folder, by name. NotFound when there are none.
absl::StatusOr<std::vector<std::string>> DdlFiles(const std::string& path);

}  // namespace orch::cli

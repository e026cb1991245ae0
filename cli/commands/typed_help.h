// Help screens made from a DDL. Pure.
#pragma once

#include <string>
#include <vector>

#include "actions/ddl/ddl.h"
#include "cli/options/option_table.h"

namespace orch::cli {

std::string TypedPluginHelp(const ddl::Plugin& plugin, const OptionTable& table);
std::string TypedActionHelp(const ddl::Plugin& plugin, const ddl::Action& action, const OptionTable& table);
// Values that the DDL names: those of a list, and the default. Without sensitive ones.
std::vector<std::string> InputValues(const ddl::Input& input);
// "The file; required", "How long (default 5)".
std::string InputHelp(const ddl::Input& input);

}  // namespace orch::cli

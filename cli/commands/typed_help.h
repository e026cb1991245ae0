// The help screens of typed commands, made from a DDL. Pure.
#pragma once

#include <string>

#include "actions/ddl/ddl.h"
#include "base/option_table.h"

namespace orch::cli {

// Returns the help of a plugin, which lists its actions.
std::string TypedPluginHelp(const ddl::Plugin& plugin, const OptionTable& table);
// Returns the help of an action, which lists its inputs.
std::string TypedActionHelp(const ddl::Plugin& plugin, const ddl::Action& action, const OptionTable& table);
}  // namespace orch::cli

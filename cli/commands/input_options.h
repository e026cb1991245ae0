// The inputs of an action as options of its typed command. Pure.
#pragma once

#include <string>
#include <vector>

#include "actions/ddl/ddl.h"
#include "base/option_table.h"
#include "cli/jobs/invocation.h"
#include "cli/options/option_groups.h"

namespace orch::cli {

// The common options that every typed command takes.
inline constexpr unsigned kTypedGroups =
    kBasicOptions | kOutputOptions | kTargetOptions | kRunOptions | kJobOptions | kInputOptions | kReplyOptions;

// Adds one option for each input: --file VALUE, and for booleans --force and --no-force. An input
// with the name of a common option gets --input-NAME. The options append their values to
// `arguments`, which must outlive the table.
void AddInputOptions(const ddl::Action& action, OptionTable* table, Arguments* arguments);
// Returns the name of the option for this input.
std::string InputOptionName(const ddl::Input& input);

// Returns the values that the DDL names: those of a list, and the default. None for a sensitive
// input.
std::vector<std::string> InputValues(const ddl::Input& input);
// Returns the help of an input, such as "The file (required)" or "How long (default 5)".
std::string InputHelp(const ddl::Input& input);

}  // namespace orch::cli

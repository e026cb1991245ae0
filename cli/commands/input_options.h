// The inputs of an action as options of its typed command.
#pragma once

#include <string>
#include <vector>

#include "actions/ddl/ddl.h"
#include "base/option_table.h"
#include "cli/jobs/invocation.h"
#include "cli/options/option_groups.h"

namespace orch::cli {

// Common options that every typed command takes.
inline constexpr unsigned kTypedGroups =
    kBasicOptions | kOutputOptions | kTargetOptions | kRunOptions | kJobOptions | kInputOptions | kReplyOptions;

// One option for each input: --file VALUE, for booleans --force and --no-force. Where a common
// option has the name already, the input's is --input-NAME. What was given is appended to
// `arguments`, which must outlive the table.
void AddInputOptions(const ddl::Action& action, OptionTable* table, Arguments* arguments);
// The name of the option that stands for this input.
std::string InputOptionName(const ddl::Input& input);

// Values that the DDL names: those of a list, and the default. Without sensitive ones.
std::vector<std::string> InputValues(const ddl::Input& input);
// "The file; required", "How long (default 5)".
std::string InputHelp(const ddl::Input& input);

}  // namespace orch::cli

// The groups of common options. Each row of the table of commands names the groups that its command
// takes, so that an option has the same name, help and check in every command.
#pragma once

#include "base/option_table.h"
#include "cli/options/common_options.h"

namespace orch::cli {

enum OptionGroups : unsigned {
  kBasicOptions = 1,
  kOutputOptions = 2,
  kTargetOptions = 4,
  kRunOptions = 8,
  kJobOptions = 16,
  kJsonOptions = 32,     // the output options for results that are no replies
  kInputOptions = 64,    // inputs of an action
  kDryRunOptions = 128,  // for commands that change something
  kReplyOptions = 256,   // which of an action's replies are shown
};
// Adds the options of `groups` to `table`, bound to the fields of `options`, which must outlive the
// table.
void AddCommonOptions(unsigned groups, CommonOptions* options, OptionTable* table);

}  // namespace orch::cli

// The groups of common options: a command names the groups it takes in its row of the table of commands.
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
  kJsonOptions = 32,     // of the output options those for what is no reply
  kInputOptions = 64,    // inputs of an action
  kDryRunOptions = 128,  // whatever changes something
  kReplyOptions = 256,   // what of an action's replies is shown
};
void AddCommonOptions(unsigned groups, CommonOptions* options, OptionTable* table);

}  // namespace orch::cli

// The options that say what of an action's replies is shown: --group, --columns, --reply-filter.
#pragma once

#include "cli/options/common_options.h"
#include "cli/options/option_table.h"

namespace orch::cli {

void AddReplyOptions(CommonOptions* options, OptionTable* table);

}  // namespace orch::cli

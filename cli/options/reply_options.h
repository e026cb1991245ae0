// The options that say what of an action's replies is shown: --group, --columns, --reply-filter.
#pragma once

#include "base/option_table.h"
#include "cli/options/common_options.h"

namespace orch::cli {

void AddReplyOptions(CommonOptions* options, OptionTable* table);

}  // namespace orch::cli

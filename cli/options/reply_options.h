// The options that choose which replies of an action are shown, and how: --group, --columns,
// --reply-filter.
#pragma once

#include "base/option_table.h"
#include "cli/options/common_options.h"

namespace orch::cli {

// Adds the options to `table`, bound to the fields of `options`, which must outlive the table.
void AddReplyOptions(CommonOptions* options, OptionTable* table);

}  // namespace orch::cli

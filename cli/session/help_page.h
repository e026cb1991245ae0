// Help screens on a terminal: as wide as it is, and through $PAGER when there is more than fits.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

// Lines of more than `columns` are broken at blanks; what follows stands below the explanation that began after
// two or more blanks, else four columns further in than the line. 0: as it is. Pure.
std::string WrapHelp(absl::string_view text, size_t columns);

// To env->out. On a terminal wrapped, and, when it is longer than the screen and $PAGER is set, shown by that.
void ShowHelp(Environment* env, absl::string_view text);

}  // namespace orch::cli

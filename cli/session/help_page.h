// Shows help screens: wrapped to the terminal's width, and through $PAGER if they are longer than
// the screen.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

// Breaks lines that are wider than `columns` at blanks. The rest is indented to the column of the
// explanation, which begins after two or more blanks, or else by four columns more than the line.
// With 0 the text is unchanged. Pure.
std::string WrapHelp(absl::string_view text, size_t columns);

// Writes to env->out, or to $PAGER if that is set and the text is longer than the terminal.
void ShowHelp(Environment* env, absl::string_view text);

}  // namespace orch::cli

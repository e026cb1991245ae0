// How many columns of a terminal text takes, and text made to fit. Wide characters of East Asia and
// emoji take two columns, combining marks none. For text that is printable already. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::cli {

size_t DisplayWidth(absl::string_view text);

// `text` with blanks behind it, or before it, up to `width` columns; wider text stays as it is.
std::string PadRight(absl::string_view text, size_t width);
std::string PadLeft(absl::string_view text, size_t width);

// `text` in at most `width` columns; where something is cut off it ends in "…".
std::string CutToWidth(absl::string_view text, size_t width);

}  // namespace orch::cli

// Measures text in columns of a terminal, and pads and cuts it. East Asian wide characters and
// emoji take two columns, combining marks none. The text must be printable already. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::cli {

size_t DisplayWidth(absl::string_view text);

// Pads `text` with blanks to `width` columns, on the right or on the left; wider text is unchanged.
std::string PadRight(absl::string_view text, size_t width);
std::string PadLeft(absl::string_view text, size_t width);

// Cuts `text` to at most `width` columns; text that was cut ends in "…".
std::string CutToWidth(absl::string_view text, size_t width);

}  // namespace orch::cli

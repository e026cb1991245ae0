// The kinds of characters and words in the filter language, the same in every option. Pure; offsets are bytes.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch::filter {

bool IsBlank(char c);
bool IsOperatorCharacter(char c);  // = < > ! ~
bool IsQuote(char c);
bool IsReserved(absl::string_view word);  // and, or, not

// Returns the first offset at or after `from` that is no blank, or the end.
size_t SkipBlanks(absl::string_view text, size_t from);
// Returns the first offset at or after `from` that is a blank, or the end.
size_t FindBlank(absl::string_view text, size_t from);

}  // namespace orch::filter

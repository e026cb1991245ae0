// UTF-8 (RFC 3629) in the text of a filter. Pure.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch::filter {

// Returns the number of bytes (1 to 4) of the character at `offset`, which must be below text.size(); 0 if it is not
// UTF-8.
size_t Utf8Length(absl::string_view text, size_t offset);

// Returns the offset of the first NUL or the first byte that is not UTF-8; text.size() if there is none.
size_t FirstForbiddenByte(absl::string_view text);

}  // namespace orch::filter

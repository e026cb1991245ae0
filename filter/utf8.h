// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch::filter {

// Bytes of the character at `offset` (1 to 4); 0 when it is not UTF-8. `offset` < text.size().
size_t Utf8Length(absl::string_view text, size_t offset);

// Offset of the first NUL or byte that is not UTF-8; text.size() when there is none.
size_t FirstForbiddenByte(absl::string_view text);

}  // namespace orch::filter

#include "filter/utf8.h"

#include "base/utf8.h"

namespace orch::filter {

size_t Utf8Length(absl::string_view text, size_t offset) {
  const Character first = FirstCharacter(text.substr(offset));
  return first.valid ? first.bytes : 0;
}

size_t FirstForbiddenByte(absl::string_view text) {
  size_t i = 0;
  while (i < text.size() && text[i] != '\0') {
    const size_t length = Utf8Length(text, i);
    if (length == 0) break;
    i += length;
  }
  return i;
}

}  // namespace orch::filter

#include "filter/utf8.h"

namespace orch::filter {

size_t Utf8Length(absl::string_view text, size_t offset) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const auto continues = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return offset + i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
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

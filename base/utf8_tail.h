// Where a text that comes in pieces may be cut, so that no character of UTF-8 is. Pure.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch {

// How many bytes at the end of `text` begin a character whose rest is missing: 0 to 3. Bytes that can be
// no part of UTF-8 are never counted.
inline size_t IncompleteTail(absl::string_view text) {
  const size_t most = text.size() < 3 ? text.size() : 3;
  for (size_t back = 1; back <= most; ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;  // follows another
    const size_t length = byte >= 0xC2 && byte <= 0xDF   ? 2
                          : (byte & 0xF0) == 0xE0        ? 3
                          : byte >= 0xF0 && byte <= 0xF4 ? 4
                                                         : 1;
    return length > back ? back : 0;
  }
  return 0;
}

// How many bytes at the beginning of `text` end a character that began before it: 0 to 3.
inline size_t OrphanedHead(absl::string_view text) {
  size_t count = 0;
  while (count < text.size() && count < 3 && (static_cast<unsigned char>(text[count]) & 0xC0) == 0x80) ++count;
  return count;
}

}  // namespace orch

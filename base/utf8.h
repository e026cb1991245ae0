// Characters of UTF-8 text (RFC 3629). Pure.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch {

struct Character {
  char32_t code = 0;  // the byte itself when it is not UTF-8
  size_t bytes = 1;
  bool valid = false;
};

// The first character of `text`, which is not empty. No overlong forms, no surrogates.
Character FirstCharacter(absl::string_view text);

// Bytes at the end of `text` that begin a character which further bytes may complete: 0 to 3.
size_t UnfinishedTail(absl::string_view text);

// Bytes at the beginning of `text` that continue a character which began before it: 0 to 3.
size_t OrphanedHead(absl::string_view text);

}  // namespace orch

// Splits UTF-8 text (RFC 3629) into characters. Pure.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch {

struct Character {
  char32_t code = 0;  // the byte itself if it is not UTF-8
  size_t bytes = 1;
  bool valid = false;
};

// Returns the first character of `text`, which must not be empty. Overlong forms and surrogates are not valid.
Character FirstCharacter(absl::string_view text);

// Returns how many bytes (0 to 3) at the end of `text` begin a character that further bytes may complete.
size_t UnfinishedTail(absl::string_view text);

// Returns how many bytes (0 to 3) at the start of `text` continue a character that began before it.
size_t OrphanedHead(absl::string_view text);

}  // namespace orch

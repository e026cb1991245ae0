#include "base/text_file.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/utf8.h"

namespace orch {
namespace {

// Returns the offset of the first byte that is not UTF-8; text.size() if there is none.
size_t FirstWrongByte(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const Character character = FirstCharacter(text.substr(i));
    if (!character.valid) break;
    i += character.bytes;
  }
  return i;
}

}  // namespace

bool IsUtf8(absl::string_view text) { return FirstWrongByte(text) == text.size(); }

absl::string_view WithoutByteOrderMark(absl::string_view text) { return absl::StripPrefix(text, "\xEF\xBB\xBF"); }

absl::StatusOr<std::string> DecodeText(absl::string_view bytes, absl::string_view what) {
  if (absl::StartsWith(bytes, "\xFF\xFE") || absl::StartsWith(bytes, "\xFE\xFF")) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": is UTF-16 text; save it as UTF-8"));
  }
  const absl::string_view text = WithoutByteOrderMark(bytes);
  if (const size_t wrong = FirstWrongByte(text); wrong < text.size()) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(wrong), '\n') + 1;
    return absl::InvalidArgumentError(absl::StrCat(what, ":", line, ": is not UTF-8 text; save the file as UTF-8"));
  }
  return absl::StrReplaceAll(text, {{"\r\n", "\n"}});
}

}  // namespace orch

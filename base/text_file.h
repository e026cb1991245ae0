// Converts the text files of other programs and systems to UTF-8 lines that end with "\n". Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// Whether all of `text` is UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF).
bool IsUtf8(absl::string_view text);

// Returns `text` without the UTF-8 byte order mark that editors on Windows write at the start.
absl::string_view WithoutByteOrderMark(absl::string_view text);

// Returns the text of a file without its byte order mark and with "\n" for each "\r\n". Refuses UTF-16 and bytes that
// are not UTF-8 with InvalidArgument "WHAT: …" or "WHAT:LINE: …", because they could only be changed or lost.
absl::StatusOr<std::string> DecodeText(absl::string_view bytes, absl::string_view what);

}  // namespace orch

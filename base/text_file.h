// Text as other programs write it, on any system, made into lines of ours. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// Whether all of `text` is UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF).
bool IsUtf8(absl::string_view text);

// `text` without the byte order mark of UTF-8 at its start, which Windows' editors write.
absl::string_view WithoutByteOrderMark(absl::string_view text);

// The text of a file: without its byte order mark, and with "\n" for each "\r\n". InvalidArgument "WHAT: …" or
// "WHAT:LINE: …" for UTF-16 and for what is not UTF-8: such bytes could only be changed or lost.
absl::StatusOr<std::string> DecodeText(absl::string_view bytes, absl::string_view what);

}  // namespace orch

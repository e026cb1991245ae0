// The syntax of names, key ids and hexadecimal text in credentials, files and headers. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "auth/key.h"

namespace orch::auth {

inline constexpr size_t kMaxNameBytes = 255;
inline constexpr size_t kMaxKeyIdBytes = 32;  // shorter than a key in hexadecimal, so that they cannot be confused

// Whether a peer may have the name: it consists of letters, digits, "_", "." and "-", does not begin with "-", and is
// neither "." nor "..". The only name of a kLogin is "login".
// The name of a client may also hold "@", and that of somebody who has logged in "@", "+", "|" and ":".
bool IsPeerName(PeerKind kind, absl::string_view name);
bool IsKeyId(absl::string_view id);
// Whether the text has exactly `digits` lower-case hexadecimal digits.
bool IsLowerHex(absl::string_view text, size_t digits);
// False if `hex` does not have exactly 2 * `size` hexadecimal digits; both cases are accepted.
bool DecodeHex(absl::string_view hex, size_t size, std::string* bytes);

}  // namespace orch::auth

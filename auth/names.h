// What names, key ids and hex may look like in credentials, in a file or in a header. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "auth/keyring.h"

namespace orch::auth {

inline constexpr size_t kMaxNameBytes = 255;
inline constexpr size_t kMaxKeyIdBytes = 32;  // shorter than a key in hex, so that one is never taken for the other

// Letters, digits, "_", "." and "-", not "." or ".." and not beginning with "-"; a client's name may also hold "@".
bool IsPeerName(PeerKind kind, absl::string_view name);
bool IsKeyId(absl::string_view id);
// Lower-case hex of exactly `digits` digits.
bool IsLowerHex(absl::string_view text, size_t digits);
// False when `hex` is not exactly 2 * `size` hex digits of either case.
bool DecodeHex(absl::string_view hex, size_t size, std::string* bytes);

}  // namespace orch::auth

// Keys for tests.
#pragma once

#include <string>

#include "absl/strings/escaping.h"
#include "auth/keyring.h"

namespace orch::auth {

// 64 hex digits, the same for the same letter, and the 32 bytes they stand for.
inline std::string HexKey(char letter) { return std::string(2 * kKeyBytes, letter); }
inline std::string PskBytes(char letter) { return absl::HexStringToBytes(HexKey(letter)); }

}  // namespace orch::auth

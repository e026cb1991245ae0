// HMAC-SHA256 and SHA-256 for what is done once a message: no allocation, no look-up of the
// algorithm. The same results as base/digest.h. Thread-safe: scratch is per thread.
#pragma once

#include <array>

#include "absl/strings/string_view.h"

namespace orch::auth {

using Digest32 = std::array<char, 32>;
inline absl::string_view View(const Digest32& digest) { return {digest.data(), digest.size()}; }

Digest32 FastSha256(absl::string_view bytes);
Digest32 FastHmacSha256(absl::string_view key, absl::string_view bytes);

}  // namespace orch::auth

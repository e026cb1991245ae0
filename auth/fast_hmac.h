// HMAC-SHA256 and SHA-256 without allocation and without a lookup of the algorithm, for work that is done for every
// message. The results equal those of base/digest.h. Thread-safe: each thread has its own scratch.
#pragma once

#include <array>

#include "absl/strings/string_view.h"

namespace orch::auth {

using Digest32 = std::array<char, 32>;
inline absl::string_view View(const Digest32& digest) { return {digest.data(), digest.size()}; }

Digest32 FastSha256(absl::string_view bytes);
Digest32 FastHmacSha256(absl::string_view key, absl::string_view bytes);

}  // namespace orch::auth

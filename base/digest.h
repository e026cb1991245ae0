// Digests over bytes, by OpenSSL. Results are raw bytes; absl::BytesToHexString makes text.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace orch {

// 32 bytes.
std::string Sha256(absl::string_view bytes);
// 16 bytes. Only to name content as older tools do (fstat, package lists), never to protect it.
std::string Md5(absl::string_view bytes);
// 32 bytes (RFC 2104 with SHA-256).
std::string HmacSha256(absl::string_view key, absl::string_view bytes);
// `size` bytes, at most 8,160 (RFC 5869 with SHA-256 and an empty salt).
std::string HkdfSha256(absl::string_view secret, absl::string_view info, size_t size);
// Takes the same time whatever differs; false when the lengths differ.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

}  // namespace orch

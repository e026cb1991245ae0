// Digests and MACs of bytes, computed by OpenSSL. Results are raw bytes; absl::BytesToHexString makes text of them.
// Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace orch {

// Returns 32 bytes.
std::string Sha256(absl::string_view bytes);
// Returns 16 bytes. Only for names of content that older tools use (fstat, package lists), never for its protection.
std::string Md5(absl::string_view bytes);
// Returns 32 bytes (RFC 2104 with SHA-256).
std::string HmacSha256(absl::string_view key, absl::string_view bytes);
// Returns `size` bytes, at most 8,160 (RFC 5869 with SHA-256 and an empty salt).
std::string HkdfSha256(absl::string_view secret, absl::string_view info, size_t size);
// Compares in a time that does not depend on where the texts differ; false if their lengths differ.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

}  // namespace orch

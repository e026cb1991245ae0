// Looks at the first bytes of a connection before anything is made for it: is this a TLS 1.3 ClientHello, is it whole,
// and which pre-shared key does it name? Pure; reads no byte beyond the record; fuzzed.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch::auth {

// A ClientHello of this door's peers fits easily; a longer one is refused unread.
inline constexpr size_t kMaxClientHelloBytes = 8192;

struct ClientHello {
  enum class Kind {
    kIncomplete,   // more bytes are needed to tell
    kGarbage,      // no ClientHello in one record of at most kMaxClientHelloBytes
    kPsk,          // offers a pre-shared key under `psk_identity`, the first it names
    kCertificate,  // offers none, so it can only prove itself by a certificate
  };
  Kind kind = Kind::kIncomplete;
  absl::string_view psk_identity;  // points into the bytes
};

ClientHello ClassifyClientHello(absl::string_view bytes);

}  // namespace orch::auth

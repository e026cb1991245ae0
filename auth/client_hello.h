// Classifies the first bytes of a connection before the hub allocates anything for it: whether they are a complete TLS
// 1.3 ClientHello, and which pre-shared key it names. Pure; reads no byte beyond the record; fuzzed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace orch::auth {

// The ClientHello of a peer is much shorter; a longer one is refused unread.
inline constexpr size_t kMaxClientHelloBytes = 8192;

struct ClientHello {
  enum class Kind {
    kIncomplete,   // more bytes are needed
    kGarbage,      // no ClientHello in one record of at most kMaxClientHelloBytes
    kPsk,          // offers a pre-shared key; `psk_identity` is the first one
    kCertificate,  // offers no key, so that only a certificate can prove the peer
  };
  Kind kind = Kind::kIncomplete;
  absl::string_view psk_identity;  // points into the bytes
  uint64_t mark = 0;               // of kPsk: eight bytes of its random number, which no peer uses twice
};

ClientHello ClassifyClientHello(absl::string_view bytes);

}  // namespace orch::auth

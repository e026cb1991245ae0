// Why a peer was refused: one list for counters, logs and messages.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::auth {

enum class Refusal {
  kMalformed,         // no handshake of ours, or a message that does not parse
  kWrongKey,          // the key does not fit: a handshake's binder, or a message's MAC
  kUnknownKey,        // key id not in the keyring
  kNoKey,             // neither a key nor, where certificates count, a certificate
  kReplay,            // nonce of a message seen before
  kStaleClock,        // issued too long ago or in the future
  kBadCertificate,    // does not chain to the CA, has expired, or is revoked
  kNoCertificate,     // certificates are required and none was shown
  kIdentityMismatch,  // certificate, stream or message names another peer
  kWrongDoor,         // a node at the clients' service or the reverse
  kBanned,            // named in a "banned" line of the credentials file
  kMisbehaved,        // broke HTTP/2, or flooded it, after it had proved itself
  kOverloaded,        // over a bound: its own share, or the hub's
  kCount
};
absl::string_view RefusalName(Refusal refusal);  // "wrong_key"

// The peer's error: UNAUTHENTICATED (RESOURCE_EXHAUSTED for kOverloaded), with what to check. Knows no secret. `peer`
// is what the peer calls itself.
absl::Status RefusalStatus(Refusal refusal, absl::string_view peer, absl::string_view detail = "");

// Thread-safe.
class RefusalCounters {
 public:
  void Count(Refusal refusal) { counts_[static_cast<size_t>(refusal)].fetch_add(1, std::memory_order_relaxed); }
  uint64_t Get(Refusal refusal) const { return counts_[static_cast<size_t>(refusal)].load(std::memory_order_relaxed); }
  std::map<std::string, uint64_t> All() const;  // every reason, zeros included

 private:
  std::array<std::atomic<uint64_t>, static_cast<size_t>(Refusal::kCount)> counts_{};
};

}  // namespace orch::auth

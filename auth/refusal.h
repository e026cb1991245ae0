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
  kMalformed,           // no credential, or one that does not parse
  kWrongKey,            // the MAC does not fit
  kUnknownKey,          // key id not in the keyring
  kReplay,              // nonce seen before
  kStaleClock,          // issued too long ago or in the future
  kForeignCertificate,  // made for another certificate than the hub's: somebody sits in between
  kIdentityMismatch,    // certificate, stream or message names another peer
  kWrongDoor,           // a node at the clients' door or the reverse
  kNoCertificate,       // mTLS is required and none was shown
  kOverloaded,          // a bound of the verifier itself was hit
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

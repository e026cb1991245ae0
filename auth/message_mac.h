// Authenticates single messages between hub and node (orch.v1.Envelope), in addition to the protection of the stream.
// The MAC covers a version tag and, each with its length, direction, kind, job, node, key id, both times, nonce and
// SHA-256 of the body. Thread-safe; keeps no state.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "auth/refusal.h"
#include "auth/replay_guard.h"
#include "base/clock.h"
#include "base/random.h"
#include "orch/v1/node_service.pb.h"

namespace orch::auth {

inline constexpr absl::Duration kMessageTtl = absl::Seconds(60);
inline constexpr absl::Duration kAllowedSkew = absl::Seconds(30);

// Sets key_id, issued_at_us, expires_at_us, nonce and mac. The caller has set direction, kind, job_id, identity and
// body; `body_sha256` is SHA-256 of the body, which the caller computes once for all nodes. A `ttl` above kMessageTtl
// is cut, because no receiver accepts more.
void SealEnvelope(const Key& key, absl::string_view body_sha256, absl::Time now, absl::Duration ttl, Random* random,
                  v1::Envelope* envelope);

struct EnvelopeExpectation {
  v1::Envelope::Direction direction;
  absl::string_view identity;
  ReplayGuard* replay_guard = nullptr;  // null if the caller's own state refuses repeats
};

// Checks, in this order: direction and identity, key id, MAC, times, replay. A failed check returns Unauthenticated
// with the text of the refusal and sets `*refusal`. Does not parse the body.
absl::Status OpenEnvelope(const v1::Envelope& envelope, const Key& key, const EnvelopeExpectation& expected,
                          absl::Time now, Refusal* refusal);

}  // namespace orch::auth

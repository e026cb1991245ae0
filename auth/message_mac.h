// Authenticates single messages between hub and node, on top of the stream's own protection:
// orch.v1.Envelope. The MAC covers direction, kind, job, node, key id, both times, nonce and
// SHA-256 of the body, each length-prefixed behind a version tag.
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

// The body is set once for all nodes by the caller; `body_sha256` is SHA-256 of it. Sets key_id,
// issued_at_us, expires_at_us, nonce and mac; direction, kind, job_id, identity and body are the caller's.
// `ttl`: at most kMessageTtl is given, as no receiver takes more.
void SealEnvelope(const Key& key, absl::string_view body_sha256, absl::Time now, absl::Duration ttl, Random* random,
                  v1::Envelope* envelope);

struct EnvelopeExpectation {
  v1::Envelope::Direction direction;
  absl::string_view identity;
  ReplayGuard* replay_guard = nullptr;  // null: the caller's own state refuses repeats
};

// Unauthenticated with the refusal's text when it is not what it must be; `*refusal` then says
// which. Order: direction and identity, key id, MAC, times, replay. Reads nothing of the body.
absl::Status OpenEnvelope(const v1::Envelope& envelope, const Key& key, const EnvelopeExpectation& expected,
                          absl::Time now, Refusal* refusal);

}  // namespace orch::auth

// One call of Enrol on a connection of its own. Free functions; they block, and know nothing of files but those of TLS.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/peer_tls.h"
#include "base/clock.h"
#include "base/net/address.h"
#include "base/random.h"
#include "orch/v1/access_service.pb.h"

namespace orch::nodeagent {

inline constexpr absl::Duration kEnrolConnectLimit = absl::Seconds(15);
inline constexpr absl::Duration kEnrolCallLimit = absl::Seconds(30);

// `credential`: a token, or a certificate in `tls`. Errors say what the hub or the network refused; none has a secret.
absl::StatusOr<v1::EnrolResponse> CallEnrol(const Address& hub, const auth::PeerTlsOptions& tls,
                                            auth::PeerCredential credential, const v1::EnrolRequest& request,
                                            const Clock* clock, Random* random);

}  // namespace orch::nodeagent

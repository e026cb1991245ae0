// `orch-hub key node|client NAME`: what one peer needs to prove itself, and nothing that fits another.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "services/hub/config.h"

namespace orch::hub {

// The line of the peer's credentials file, with a line break.
absl::StatusOr<std::string> IssueKey(const HubConfig& config, auth::PeerKind kind, const std::string& name);

// A certificate for the peer from the hub's own CA: PEM of the certificate, the CA's certificate and the private key,
// in one text, which gRPC takes as all three. FailedPrecondition when the hub does not take certificates, or its CA's
// key is not here.
absl::StatusOr<std::string> IssuePem(const HubConfig& config, auth::PeerKind kind, const std::string& name,
                                     absl::Time now, absl::Duration valid_for);

}  // namespace orch::hub

// `orch-hub key node|client NAME`: issues what one peer needs to prove itself, and nothing that proves another peer.
// Free functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "services/hub/config.h"

namespace orch::hub {

// The line of the peer's credentials file, with a line break.
absl::StatusOr<std::string> IssueKey(const HubConfig& config, auth::PeerKind kind, const std::string& name);

// A certificate for the peer from the hub's own CA. One text contains the PEM of the certificate, of the CA's
// certificate and of the private key; gRPC accepts this text for all three. FailedPrecondition when the hub accepts no
// certificates, or when the key of its CA is not on this host.
absl::StatusOr<std::string> IssuePem(const HubConfig& config, auth::PeerKind kind, const std::string& name,
                                     absl::Time now, absl::Duration valid_for);

}  // namespace orch::hub

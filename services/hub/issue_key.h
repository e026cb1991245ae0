// `orch-hub key node|client NAME` and `orch-hub key login`: issues what one peer needs to prove itself, and nothing
// that proves another peer. Free functions.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "services/hub/config.h"

namespace orch::hub {

// What the key is bound to, besides its name.
struct KeyEnd {
  int64_t expires_s = 0;  // seconds since 1970; 0: never
  bool replace = false;   // all keys issued before for this name are refused from now on
};
// The line of the peer's credentials file, with a line break. With `replace` it first raises the generation of the name
// in the hub's credentials file.
absl::StatusOr<std::string> IssueKey(const HubConfig& config, auth::PeerKind kind, const std::string& name,
                                     KeyEnd end = {});

// The login key of the site, with a line break, for login_key in every client.yaml.
absl::StatusOr<std::string> IssueLoginKey(const HubConfig& config);

// When a key ends, in seconds since 1970: "90d", "12h" and "30m" count from `now`; a date or an RFC 3339 time is
// itself. InvalidArgument says what is accepted: from a minute to ten years ahead.
absl::StatusOr<int64_t> ParseKeyEnd(absl::string_view text, absl::Time now);

// A certificate for the peer from the hub's own CA. One text contains the PEM of the certificate, of the CA's
// certificate and of the private key; gRPC accepts this text for all three. FailedPrecondition when the hub accepts no
// certificates, or when the key of its CA is not on this host.
absl::StatusOr<std::string> IssuePem(const HubConfig& config, auth::PeerKind kind, const std::string& name,
                                     absl::Time now, absl::Duration valid_for);

}  // namespace orch::hub

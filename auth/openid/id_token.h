// Checks the ID token of an OpenID provider (OpenID Connect Core 1.0, section 3.1.3.7): its signature by a key of the
// provider, and that it was issued by this provider, for this client, and holds now. Signatures are verified by
// libcjose. Pure; any thread. Errors are Unauthenticated, say what is wrong, and hold nothing of the token but names.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/json.h"

namespace orch::auth {

inline constexpr size_t kMaxIdTokenBytes = 16u << 10;
inline constexpr int kMaxProviderKeys = 100;
inline constexpr absl::Duration kIdTokenSkew = absl::Minutes(1);  // that both clocks may differ

struct IdTokenExpectation {
  std::string issuer;
  std::string client_id;
};

// The claims of the token. `key_set`: the provider's JSON Web Key Set (RFC 7517). Accepted are signatures by RSA and
// ECDSA (RS, PS and ES of RFC 7518) only: "none" and shared secrets are not.
absl::StatusOr<Json> CheckIdToken(absl::string_view token, const Json& key_set, const IdTokenExpectation& expected,
                                  absl::Time now);

}  // namespace orch::auth

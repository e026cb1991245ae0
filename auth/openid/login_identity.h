// Who somebody is here, by the claims of his ID token: the name that rules see as oidc=NAME, and his groups. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/json.h"

namespace orch::auth {

struct LoginIdentity {
  static constexpr size_t kMaxGroups = 256;
  static constexpr size_t kMaxGroupBytes = 255;

  std::string name;
  std::vector<std::string> groups;  // sorted, each once
};

// `name_claim`: such as "sub" or "email"; an address counts only if the provider says that it has verified it, and is
// in lower case. `groups_claim`: a list of texts; a path like that of Keycloak ("/ops") loses its first slash. When the
// token has no such claim, there are no groups; when not all of it can be taken, that is an error, because a rule may
// deny a group that would be lost. Errors name the claim and the remedy.
absl::StatusOr<LoginIdentity> LoginIdentityOf(const Json& claims, const std::string& name_claim,
                                              const std::string& groups_claim);

}  // namespace orch::auth

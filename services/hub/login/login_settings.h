// The settings of security.login in hub.yaml: which OpenID provider may name users, and how. A plain value.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace orch::hub {

struct LoginSettings {
  std::string issuer;  // the provider's address; empty: nobody can log in
  std::string client_id;
  std::string client_secret_file;  // empty: the client is public and has none
  std::string scopes = "openid";
  std::string name_claim = "sub";
  std::string groups_claim = "groups";
  std::string required_group;  // only its members may log in; empty: everybody whom the provider knows
  absl::Duration key_lifetime = absl::Hours(8);
  std::string ca_file;  // empty: the certificates of the system

  bool enabled() const { return !issuer.empty(); }
};

}  // namespace orch::hub

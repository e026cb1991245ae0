// The login of this user at a hub: a file below ~/.orch/logins with the key that 'orchctl login' got, in the form of a
// credentials file. While it is there, it is what orchctl shows to that hub.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth/key.h"
#include "base/net/address.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

struct Login {
  std::string name;
  auth::Key key;
};

// Where the login at this hub is kept; empty if the user has no home directory.
std::string LoginPath(const Environment& env, const Address& hub);
// Empty if there is none. Unauthenticated, with the remedy, if it is over by this host's clock.
absl::StatusOr<std::optional<Login>> LoadLogin(const Environment& env, const Address& hub);
absl::Status SaveLogin(const Environment& env, const Address& hub, const Login& login);
// True if there was one.
absl::StatusOr<bool> RemoveLogin(const Environment& env, const Address& hub);

}  // namespace orch::cli

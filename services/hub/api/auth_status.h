// Answers GetAuthStatus: which keys exist, who uses them, and what needs attention. Owned by the hub; its loop only.
#pragma once

#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "base/clock.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/door/reception.h"
#include "services/hub/keys/key_desk.h"
#include "services/hub/login/login_book.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class AuthStatus {
 public:
  static constexpr int kMaxWholePsk = 100;
  static constexpr int kMaxListed = 1000;  // waiting nodes, bans, logins
  static constexpr size_t kMaxUsersNamed = 20;
  static constexpr absl::Duration kExpiresSoon = absl::Hours(24 * 14);

  AuthStatus(const auth::Keyring* keyring, const auth::HubTls* tls, const Reception* reception,
             const Registry* registry, const KeyDesk* desk, const LoginBook* logins, const Clock* clock)
      : keyring_(keyring),
        tls_(tls),
        reception_(reception),
        registry_(registry),
        desk_(desk),
        logins_(logins),
        clock_(clock) {}

  void Fill(v1::GetAuthStatusResponse* response) const;

 private:
  void FillKeys(v1::GetAuthStatusResponse* response) const;
  void FillPeers(v1::GetAuthStatusResponse* response) const;
  void FillStored(v1::GetAuthStatusResponse* response) const;

  const auth::Keyring* const keyring_;
  const auth::HubTls* const tls_;
  const Reception* const reception_;
  const Registry* const registry_;
  const KeyDesk* const desk_;
  const LoginBook* const logins_;
  const Clock* const clock_;
};

}  // namespace orch::hub

// Keeps the hub in step with its credentials and certificates: reads them again when their files have changed, and ends
// the streams and connections of peers that have lost their standing. Owned by the hub; its loop only.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "base/executor.h"
#include "services/hub/door/door.h"
#include "services/hub/fleet/fleet.h"

namespace orch::hub {

class KeyReload {
 public:
  // Peers whose keys or certificates were taken away are cut within a second.
  static constexpr absl::Duration kLookEvery = absl::Milliseconds(250);
  static constexpr absl::Duration kFarewell = absl::Milliseconds(200);  // for a node to read why it is cut

  KeyReload(auth::Keyring* keyring, auth::HubTls* tls, Fleet* fleet, Door* door, Executor* loop)
      : keyring_(keyring), tls_(tls), fleet_(fleet), door_(door), loop_(loop) {}

  // Gives the fleet its check of keys, and looks at the files from now on. The executor drops what is posted when the
  // hub ends.
  void Start();
  // Looks at the files now.
  void Look();

 private:
  void Tick();
  std::string ProblemOf(const NodeSession& session) const;

  auth::Keyring* const keyring_;
  auth::HubTls* const tls_;
  Fleet* const fleet_;
  Door* const door_;
  Executor* const loop_;
  absl::Status last_key_error_, last_tls_error_;  // each is logged once
};

}  // namespace orch::hub

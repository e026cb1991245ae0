// Keeps the hub in step with its credentials and certificates: reads them again when their files have changed, and ends
// the streams and connections of peers that have lost their standing. Owned by the hub; its loop only.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
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
  // `changed` is told what was read again ("credentials", "certificates"), for people; may be null. Call before Start.
  using Changed = std::function<void(absl::string_view what, absl::string_view detail)>;
  void SetOnChanged(Changed changed) { changed_ = std::move(changed); }
  // Looks at the files now.
  void Look();
  // Ends the streams and connections of peers whose keys no longer count. Called after a change of what the hub has
  // stored of keys and bans.
  void Recheck();

 private:
  void Tick();
  std::string ProblemOf(const NodeSession& session) const;

  auth::Keyring* const keyring_;
  auth::HubTls* const tls_;
  Fleet* const fleet_;
  Door* const door_;
  Executor* const loop_;
  Changed changed_;
  absl::Status last_key_error_, last_tls_error_;  // each is logged once
};

}  // namespace orch::hub

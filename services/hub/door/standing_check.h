// Asks again whether the peers of open connections may stay, after the hub's keys or certificates have changed. Goes
// through all connections a few at a time, because verifying a certificate takes longer than carrying a message.
// Request may be called on any thread, everything else on the door's.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "auth/peer.h"
#include "auth/refusal.h"
#include "services/hub/door/connection_table.h"

namespace orch::hub {

class StandingCheck {
 public:
  static constexpr int kChecksATurn = 50;
  // OK when the peer may stay (HubTls::CheckStanding).
  using Standing = std::function<absl::Status(const auth::Peer&)>;

  StandingCheck(const ConnectionTable* connections, Standing standing)
      : connections_(connections), standing_(std::move(standing)) {}

  // The next turn begins with all connections that are open then.
  void Request() { requested_ = true; }
  // Checks those connections soon whose peer's key ends before this time, microseconds since 1970.
  void RequestEnded(int64_t now_us);
  bool pending() const { return !to_check_.empty(); }
  // Checks the next connections and calls `lost` for each whose peer may not stay, with the reason.
  void Turn(absl::FunctionRef<void(Connection*, auth::Refusal, const absl::Status&)> lost);

 private:
  const ConnectionTable* const connections_;
  const Standing standing_;
  std::atomic<bool> requested_{false};
  std::deque<uint64_t> to_check_;
};

}  // namespace orch::hub

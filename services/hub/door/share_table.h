// The shares of all identities: how many connections, calls and watches each may have, however many connections it
// uses. Keeps a share for some time after its last use. Thread-safe; its one lock is a leaf.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "services/hub/door/share.h"

namespace orch::hub {

// A node's stream; a call with an answer; a call that runs until the client ends it.
enum class CallSort { kAttach, kShort, kWatch };

class ShareTable {
 public:
  static constexpr size_t kMaxIdle = 100'000;  // shares kept for identities that are gone
  static constexpr absl::Duration kKeepIdle = absl::Minutes(2);
  // Of the calls of clients a tenth is kept for administrators, but at least kMinReserve.
  static constexpr size_t kMinReserve = 4;

  // `max_calls`: calls of clients at once, all identities together.
  ShareTable(const Clock* clock, size_t max_calls);

  // The share of an identity such as "client=deploy".
  std::shared_ptr<Share> Of(const std::string& identity, ShareLimits limits);

  // ResourceExhausted names the bound. Whatever was begun must be ended with the same arguments.
  absl::Status BeginConnection(Share* share);
  void EndConnection(Share* share);
  absl::Status BeginCall(Share* share, CallSort sort, bool administrator);
  void EndCall(Share* share, CallSort sort);
  // The hub is about to say its last words in a call that was begun. Its place is free at once, because a client that
  // has them may call again before gRPC tells the hub that they were sent; EndFinished follows instead of EndCall.
  // False when as many calls of the identity as it may have at once are finishing already, which is so when it does not
  // read: then the call keeps its place.
  bool FinishCall(Share* share, CallSort sort);
  void EndFinished(Share* share);

  size_t open_calls() const;  // of clients

 private:
  void SweepLocked(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LeaveLocked(Share* share, CallSort sort) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Clock* const clock_;
  const size_t max_calls_;
  const size_t reserve_;
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<Share>> shares_ ABSL_GUARDED_BY(mu_);
  size_t open_calls_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration swept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::hub

// How much of the hub one identity may have: connections, calls, watches and bytes, however many connections it uses.
// Thread-safe, except where said otherwise; its one lock is a leaf.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/token_bucket.h"

namespace orch::hub {

struct ShareLimits {
  size_t connections = 16;
  size_t calls = 64;    // at once, watches included
  size_t watches = 32;  // at once: calls that run until the client ends them
  double calls_per_second = 2000;
  double call_burst = 4000;
  // What the door weighs of its bytes, frames and calls (base/net/frame_guard.h).
  double bytes_per_second = 16e6;
  double byte_burst = 64e6;
};
ShareLimits NodeShare();
ShareLimits ClientShare();

// A node's stream; a call with an answer; a call that runs until the client ends it.
enum class CallSort { kAttach, kShort, kWatch };

// One identity's share. Kept while somebody holds it, and a while longer, so that it is no fresh one after each
// connection.
class Share {
 public:
  explicit Share(ShareLimits limits);

  // Door's thread only: pays for bytes; how long the identity is to be read nothing from.
  void PayBytes(double cost, absl::Duration now) { bytes_.Take(cost, now); }
  absl::Duration ByteWait(absl::Duration now) { return bytes_.Wait(now); }
  // Messages begun and not ended, of all its connections: kept in memory for it. False when it is too much.
  bool Hold(size_t before, size_t after) {
    held_ = held_ - before + after;
    return held_ <= kMaxHeldBytes;
  }
  static constexpr size_t kMaxHeldBytes = 32u << 20;

 private:
  friend class ShareTable;
  const ShareLimits limits_;
  // Guarded by the table's lock.
  size_t connections_ = 0;
  size_t calls_ = 0;
  size_t watches_ = 0;
  TokenBucket call_rate_;
  absl::Duration idle_since_;
  // Door's thread.
  TokenBucket bytes_;
  size_t held_ = 0;
};

class ShareTable {
 public:
  static constexpr size_t kMaxIdle = 100'000;  // shares kept for identities that are gone
  static constexpr absl::Duration kKeepIdle = absl::Minutes(2);
  // Of `max_calls`, so many are kept for administrators: a tenth, at least kMinReserve.
  static constexpr size_t kMinReserve = 4;

  // `max_calls`: of clients, at once, all identities together.
  ShareTable(const Clock* clock, size_t max_calls);

  // The share of an identity such as "client=deploy".
  std::shared_ptr<Share> Of(const std::string& identity, ShareLimits limits);

  // ResourceExhausted names the bound. A call that was begun must be ended with the same words.
  absl::Status BeginConnection(Share* share);
  void EndConnection(Share* share);
  absl::Status BeginCall(Share* share, CallSort sort, bool administrator);
  void EndCall(Share* share, CallSort sort);

  size_t open_calls() const;  // of clients

 private:
  void SweepLocked(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Clock* const clock_;
  const size_t max_calls_;
  const size_t reserve_;
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<Share>> shares_ ABSL_GUARDED_BY(mu_);
  size_t open_calls_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration swept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::hub

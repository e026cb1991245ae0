// Remembers nonces for as long as a message with one of them could still be accepted. Thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace orch::auth {

// Keeps two generations of nonces, each `window` long, so that a nonce is kept for one to two windows.
class ReplayGuard {
 public:
  enum class Seen { kNew, kReplay, kFull };

  // `window` is the ttl plus twice the allowed skew. Holds at most `max_entries` nonces; further ones are refused
  // (kFull) until a generation ends.
  ReplayGuard(const Clock* clock, absl::Duration window, size_t max_entries);

  Seen Check(absl::string_view nonce);
  size_t size() const;

 private:
  const Clock* const clock_;
  const absl::Duration window_;
  const size_t max_entries_;
  mutable Mutex mu_;
  absl::Duration generation_started_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> young_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> old_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::auth

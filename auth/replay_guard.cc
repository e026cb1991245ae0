#include "auth/replay_guard.h"

#include <utility>

namespace orch::auth {

ReplayGuard::ReplayGuard(const Clock* clock, absl::Duration window, size_t max_entries)
    : clock_(clock), window_(window), max_entries_(max_entries), generation_started_(clock->Steady()) {}

ReplayGuard::Seen ReplayGuard::Check(absl::string_view nonce) {
  // Declared before the lock, so that expired nonces are freed after its release.
  absl::flat_hash_set<std::string> ended_young;
  absl::flat_hash_set<std::string> ended_old;
  MutexLock lock(&mu_);
  // Read under the lock, so that time never runs backwards for the generations.
  const absl::Duration now = clock_->Steady();
  if (now - generation_started_ >= 2 * window_) {
    ended_young = std::exchange(young_, {});
    ended_old = std::exchange(old_, {});
    generation_started_ = now;
  } else if (now - generation_started_ >= window_) {
    ended_old = std::exchange(old_, std::exchange(young_, {}));
    generation_started_ += window_;
  }
  if (young_.contains(nonce) || old_.contains(nonce)) return Seen::kReplay;
  if (young_.size() + old_.size() >= max_entries_) return Seen::kFull;
  young_.emplace(nonce);
  return Seen::kNew;
}

size_t ReplayGuard::size() const {
  MutexLock lock(&mu_);
  return young_.size() + old_.size();
}

}  // namespace orch::auth

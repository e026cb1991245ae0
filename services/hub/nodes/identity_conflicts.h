// Detects two agents that use one identity: their streams replace each other. An identity is in conflict once its
// stream was replaced kConflictAfter times within kConflictWindow, and until it was not replaced for kConflictOver. A
// single agent that reconnects replaces its lost stream only once or twice: the hub notices a stream that has ended,
// and an agent needs half a minute to notice a broken one. Owned by the Fleet; the hub's loop only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "orch/v1/fleet.pb.h"

namespace orch::hub {

class IdentityConflicts {
 public:
  static constexpr uint32_t kConflictAfter = 3;
  static constexpr absl::Duration kConflictWindow = absl::Seconds(60);
  static constexpr absl::Duration kConflictOver = absl::Minutes(10);
  // How long each of the two agents is asked to stay away while the other one has the stream.
  static constexpr absl::Duration kPace = absl::Seconds(60);
  static constexpr size_t kMaxIdentities = 1000;  // watched at the same time; no more are added
  static constexpr size_t kMaxPeers = 4;          // remembered for each identity
  static constexpr size_t kMaxListed = 100;

  explicit IdentityConflicts(const Clock* clock) : clock_(clock) {}

  enum class Verdict { kNone, kBegins, kGoesOn };
  // A stream of `identity` that came from `old_peer` was replaced by one from `new_peer`.
  Verdict OnReplaced(absl::string_view identity, absl::string_view old_peer, absl::string_view new_peer);
  // "two agents use the identity …, from … and …", for people; empty when there is no conflict.
  std::string Text(absl::string_view identity) const;
  // The conflicts, sorted by identity, at most kMaxListed.
  std::vector<v1::IdentityConflict> List() const;
  // Ends conflicts that are over, and returns their identities. Called from a timer.
  std::vector<std::string> Expire();

 private:
  struct Entry {
    std::deque<absl::Duration> recent;  // steady; the last kConflictAfter replacements
    std::vector<std::string> peers;     // hosts of the last streams, each once, the newest last
    bool in_conflict = false;
    uint32_t replacements = 0;
    absl::Time since, last;
  };

  const Clock* const clock_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace orch::hub

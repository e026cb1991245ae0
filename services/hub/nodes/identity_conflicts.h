// Detects two agents that use one identity: they take the stream from each other in turn. An identity is in conflict
// once agents that had lost its stream to another one took it back kConflictAfter times within kConflictWindow, and
// until it was not replaced for kConflictOver. A single agent never does so, however often its connection breaks: while
// it runs it is the same agent, and once it was restarted its former self does not come back. During a conflict the
// stream stays where it is for a time that doubles with each replacement, so that two machines cannot take it from each
// other all the time. Owned by the Fleet; the hub's loop only.
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
  static constexpr uint32_t kConflictAfter = 2;
  static constexpr absl::Duration kConflictWindow = absl::Seconds(60);
  static constexpr absl::Duration kConflictOver = absl::Minutes(10);
  // How long the stream stays where it is, at the beginning of a conflict and at most.
  static constexpr absl::Duration kPace = absl::Seconds(60);
  static constexpr absl::Duration kMaxPace = absl::Minutes(5);
  static constexpr size_t kMaxIdentities = 1000;  // watched at the same time; no more are added
  static constexpr size_t kMaxPeers = 4;          // remembered for each identity
  static constexpr size_t kMaxAgents = 64;        // remembered for each identity
  static constexpr size_t kMaxListed = 100;

  explicit IdentityConflicts(const Clock* clock) : clock_(clock) {}

  // One run of an agent: the address its stream came from, and the instance it registered with. Without an instance
  // the host stands for the agent.
  struct Agent {
    std::string peer;
    std::string instance;
  };
  static bool IsSame(const Agent& one, const Agent& other);
  // Whether two streams come from different hosts.
  static bool FromAnotherHost(absl::string_view old_peer, absl::string_view new_peer);

  enum class Verdict { kNone, kBegins, kGoesOn };
  // The stream of `identity` went from one agent to another one.
  Verdict OnReplaced(absl::string_view identity, const Agent& before, const Agent& now);
  // How long the stream of the identity stays where it is after a replacement; zero without a conflict.
  absl::Duration Pace(absl::string_view identity) const;
  // How long another agent has to wait from now before it may take the stream; zero: it may.
  absl::Duration WaitToReplace(absl::string_view identity) const;
  // "two agents use the identity …, from … and …", for people; empty when there is no conflict.
  std::string Text(absl::string_view identity) const;
  // The conflicts, sorted by identity, at most kMaxListed.
  std::vector<v1::IdentityConflict> List() const;
  // Ends conflicts that are over, and returns their identities. Called from a timer.
  std::vector<std::string> Expire();

 private:
  struct Entry {
    std::deque<absl::Duration> returns;  // steady; the last kConflictAfter times that an agent took the stream back
    absl::Duration last_replaced;        // steady
    std::vector<std::string> losers;     // agents that have lost the stream, each once, the last one last
    std::vector<std::string> peers;      // hosts of the last streams, each once, the newest last
    bool in_conflict = false;
    uint32_t replacements = 0;
    uint32_t doublings = 0;  // of kPace
    absl::Time since, last;
  };

  const Clock* const clock_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace orch::hub

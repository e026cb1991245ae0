// The memory of the door about networks that strangers come from: an IPv4 /24, an IPv6 /64. A network whose peers fail
// again and again is turned away for a while, longer each time (the idea is OpenSSH's). A network from which a peer has
// proved itself lately is not turned away and keeps a share of the waiting room. Loopback is never turned away, because
// whoever connects from there is on this machine. Owned by the door; its thread only. Bounded.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace orch::hub {

class SourceTable {
 public:
  static constexpr size_t kMaxSources =
      16'384;  // networks remembered; the unproven and least recent ones are forgotten first
  static constexpr absl::Duration kPenaltyPerFailure = absl::Seconds(1);
  static constexpr absl::Duration kPenaltyAfter =
      absl::Seconds(15);  // a network is turned away only when its penalty has reached this
  static constexpr absl::Duration kMaxPenalty = absl::Minutes(10);
  static constexpr absl::Duration kProvenFor = absl::Hours(1);

  // The name of a network: "10.1.2.0/24", "2001:db8:1:2::/64", "loopback", or "local" for a unix socket.
  static std::string NetworkOf(const sockaddr_storage& address);

  // Whether a stranger from `network` is accepted. `now`: Clock::Steady, here and below.
  bool MayKnock(const std::string& network, absl::Duration now) const;
  // A peer from `network` has failed to prove itself. Adds `weight` times the usual penalty.
  void OnFailure(const std::string& network, double weight, absl::Duration now);
  // A peer from `network` has proved itself.
  void OnProven(const std::string& network, absl::Duration now);
  bool IsProven(const std::string& network, absl::Duration now) const;
  // The number of networks that are turned away at present.
  size_t penalised(absl::Duration now) const;
  size_t size() const { return sources_.size(); }

 private:
  struct Source {
    absl::Duration penalty_until = -absl::InfiniteDuration();
    absl::Duration proven_until = -absl::InfiniteDuration();
    absl::Duration last;
  };
  Source& Touch(const std::string& network, absl::Duration now);
  void MakeRoom(absl::Duration now);

  absl::flat_hash_map<std::string, Source> sources_;
};

}  // namespace orch::hub

#include "services/hub/nodes/node_inbox.h"

#include <algorithm>

namespace orch::hub {

void NodeInbox::HandOn(absl::Duration now) {
  if (arrived_.empty()) return;
  waits_since_ = std::min(waits_since_, now);
  if (calm_ && now < waits_since_ + kCalmFor) return;
  calm_ = true;
  waits_since_ = absl::InfiniteDuration();
  executor_->Post([arrived = std::exchange(arrived_, {})] {
    for (const Arrival& arrival : arrived) arrival.receiver->Handle(arrival);
  });
}

}  // namespace orch::hub

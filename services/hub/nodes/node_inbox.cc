#include "services/hub/nodes/node_inbox.h"

#include "services/hub/nodes/node_link.h"

namespace orch::hub {

void NodeInbox::HandOn() {
  if (arrived_.empty()) return;
  executor_->Post([arrived = std::exchange(arrived_, {})] {
    for (const Arrival& arrival : arrived) arrival.link->Handle(arrival);
  });
}

}  // namespace orch::hub

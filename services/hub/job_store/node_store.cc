#include "services/hub/job_store/node_store.h"

#include <utility>

#include "services/hub/job_store/packed_text.h"

namespace orch::hub {

void UnpackFacts(StoredFleet::Node* stored) {
  auto facts = Unpack(std::exchange(stored->packed_facts, {}), stored->facts_bytes);
  if (facts.ok()) {
    stored->node.set_facts_json(*std::move(facts));
  } else if (stored->problem.empty()) {
    stored->problem =
        "the facts the hub had stored of this node cannot be read; the node says them anew when it attaches";
  }
}

}  // namespace orch::hub

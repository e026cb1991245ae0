// What the streams of nodes carry for the audit log: its newest head goes to nodes, and the heads that nodes remember
// come back. Implemented by services/hub/audit. The hub's loop only.
#pragma once

#include <string>

#include "orch/v1/node_service.pb.h"

namespace orch::hub {

class AuditHeads {
 public:
  virtual ~AuditHeads() = default;
  // The newest record that is on the hub's disk; seq 0: none.
  virtual v1::AuditHead Newest() const = 0;
  // A node has registered and remembers `head`.
  virtual void OnRemembered(const std::string& identity, const v1::AuditHead& head) = 0;
};

}  // namespace orch::hub

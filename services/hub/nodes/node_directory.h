// Finds the streams of nodes by identity. Implemented by Registry, and by fakes in tests. All calls on the hub's loop.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "services/hub/nodes/node_channel.h"

namespace orch::hub {

class NodeDirectory {
 public:
  virtual ~NodeDirectory() = default;
  // Null when the node is unknown or holds no stream.
  virtual NodeChannel* ChannelOf(absl::string_view identity) const = 0;
  // Whether the node may differ from what it was at `change` (Registry::change): it has described itself since, or it
  // is no longer known.
  virtual bool ChangedSince(absl::string_view identity, uint64_t change) const = 0;
};

}  // namespace orch::hub

// Carries a change of labels or grants to where it counts: the registry, the node itself if it is attached, and those
// who watch nodes. A change of the grants goes through all nodes, some at a time, so that the loop serves others in
// between. Owned by the hub; its loop only.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "services/hub/labels/label_table.h"
#include "services/hub/labels/standings.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class StandingUpdates {
 public:
  static constexpr size_t kNodesATurn = 200;

  // Listens to both, which must outlive it.
  StandingUpdates(LabelTable* labels, Standings* standings, Registry* registry, NodeWatch* watch, Executor* loop);
  ~StandingUpdates();

 private:
  void Update(absl::string_view identity);
  void UpdateAll();
  void Turn();

  LabelTable* const labels_;
  Standings* const standings_;
  Registry* const registry_;
  NodeWatch* const watch_;
  Executor* const loop_;
  std::deque<std::string> to_update_;  // at most the known nodes
  bool turning_ = false;
  Lifetime lifetime_;
};

}  // namespace orch::hub

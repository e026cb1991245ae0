// What every NodeStore must do. An implementation joins with
//   INSTANTIATE_TEST_SUITE_P(Name, NodeStoreConformance, Values(NodeStoreFactory{…}));
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/node_store.h"
#include "tests/hub/job_store/store_calls.h"

namespace orch::hub {

// A node as Registry describes it, with facts, lists and presence.
v1::Node StoredNodeOf(const std::string& identity, const std::string& facts = R"({"os":"Debian"})");

// Waits for what it asks.
absl::Status ApplyAndWait(NodeStore* store, WaitingExecutor* executor, FleetChange change);
absl::Status KeepDdlsAndWait(NodeStore* store, WaitingExecutor* executor, std::vector<std::string> sha256s);

// The store and what must outlive it.
struct OwnedNodeStore {
  std::shared_ptr<void> owner;
  std::unique_ptr<NodeStore> store;
};
using NodeStoreFactory = std::function<OwnedNodeStore(const Clock*, Executor*)>;

class NodeStoreConformance : public ::testing::TestWithParam<NodeStoreFactory> {
 protected:
  ManualClock clock_;
  WaitingExecutor executor_;
  OwnedNodeStore owned_ = GetParam()(&clock_, &executor_);
  NodeStore* const store_ = owned_.store.get();

  absl::Status Apply(FleetChange change) { return ApplyAndWait(store_, &executor_, std::move(change)); }
  absl::Status Put(std::vector<v1::Node> nodes) {
    FleetChange change;
    change.nodes = std::move(nodes);
    return Apply(std::move(change));
  }
  StoredFleet Load() {
    StoredFleet fleet;
    EXPECT_EQ(store_->Load(&fleet), absl::OkStatus());
    for (StoredFleet::Node& stored : fleet.nodes) UnpackFacts(&stored);
    return fleet;
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const StoredFleet::Node& stored : Load().nodes) names.push_back(stored.node.identity());
    return names;
  }
};

}  // namespace orch::hub

#include "services/hub/fleet/fleet_recorder.h"

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/executor.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/memory_node_store.h"
#include "tests/hub/fakes.h"
#include "tests/hub/sample_ddl.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Remembers what was asked, and refuses at will.
class WatchedStore final : public NodeStore {
 public:
  explicit WatchedStore(Executor* executor) : kept_(executor), executor_(executor) {}
  void Apply(FleetChange change, Done done) override {
    changes.push_back(change);
    if (!full) return kept_.Apply(std::move(change), std::move(done));
    executor_->Post([done = std::move(done)]() mutable {
      if (done != nullptr) done(absl::ResourceExhaustedError("the disk is full"));
    });
  }
  void KeepDdls(std::vector<std::string> sha256s, Done done) override {
    kept_.KeepDdls(std::move(sha256s), std::move(done));
  }
  absl::Status Load(StoredFleet* fleet) override { return kept_.Load(fleet); }

  bool full = false;
  std::vector<FleetChange> changes;

 private:
  MemoryNodeStore kept_;
  Executor* const executor_;
};

class FleetRecorderTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  Registry registry_{&clock_, {}};
  DdlCache ddls_{&clock_, &executor_};
  WatchedStore store_{&executor_};
  FleetRecorder recorder_{&store_, &registry_, &ddls_, &clock_, &executor_};
  FakeNode stream_;

  static v1::Node NodeOf(const std::string& identity, const std::string& facts = R"({"os":"Debian"})") {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json(facts);
    v1::PluginRef* plugin = node.add_plugins();
    plugin->set_name("rpcutil");
    plugin->set_ddl_sha256(Sha256(SampleDdl("rpcutil", "1.0")));
    return node;
  }
  void Attach(const v1::Node& node) {
    ASSERT_TRUE(registry_.Attach(node, &stream_, "ipv4:1", "k1").ok());
    const NodeRecord& record = *registry_.Find(node.identity());
    ddls_.Announce(record.slot, {}, record.plugins);
    recorder_.OnAttached(node.identity());
  }
  void Change(const std::string& identity, const std::string& facts) {
    v1::Delta delta;
    delta.set_facts_set_json(facts);
    std::vector<PluginAnnouncement> old;
    ASSERT_TRUE(registry_.Apply(identity, delta, &old).ok());
    recorder_.OnChanged(identity);
  }
  void Detach(const std::string& identity) {
    registry_.Detach(identity, &stream_, "it was cut");
    recorder_.OnPresence(identity);
  }
  StoredFleet Stored() {
    StoredFleet fleet;
    EXPECT_TRUE(store_.Load(&fleet).ok());
    for (StoredFleet::Node& stored : fleet.nodes) UnpackFacts(&stored);
    return fleet;
  }
  // The timer of a hub that runs.
  void Run(absl::Duration time) {
    for (absl::Duration past; past < time; past += absl::Seconds(1)) {
      recorder_.Tick();
      executor_.Advance(absl::Seconds(1));
    }
  }
};

TEST_F(FleetRecorderTest, ANextProcessOfTheHubKnowsWhoIsAwayAndWhy) {
  Attach(NodeOf("a"));
  Attach(NodeOf("b"));
  recorder_.OnDdl(SampleDdl("rpcutil", "1.0"));
  Run(absl::Seconds(2));
  Detach("a");
  Run(absl::Seconds(2));

  Registry registry(&clock_, {});
  DdlCache ddls(&clock_, &executor_);
  FleetRecorder next(&store_, &registry, &ddls, &clock_, &executor_);
  ASSERT_TRUE(next.Load().ok());
  const v1::Node a = registry.Describe(*registry.Find("a")), b = registry.Describe(*registry.Find("b"));
  EXPECT_EQ(a.gone_reason(), "it was cut");
  EXPECT_EQ(a.facts_json(), R"({"os":"Debian"})");
  EXPECT_EQ(b.gone_reason(), "the hub stopped; the node has not come back since");
  EXPECT_EQ(b.presence(), v1::DISCONNECTED);
  EXPECT_EQ(registry.returning(), 1u) << "b had its stream";
  ASSERT_THAT(ddls.Named("rpcutil"), SizeIs(1));
  EXPECT_NE(ddls.Named("rpcutil").front()->plugin, nullptr) << "inputs can be validated with no node here";
}

TEST_F(FleetRecorderTest, AFleetOfManyPartsIsLoadedWholeAndEachNodeHasItsOwnFacts) {
  constexpr int kNodes = 1500;
  for (int i = 0; i < kNodes; ++i) Attach(NodeOf(absl::StrCat("n", i), absl::StrCat("{\"own\":", i, "}")));
  Run(absl::Seconds(2));
  Registry registry(&clock_, {});
  FleetRecorder next(&store_, &registry, &ddls_, &clock_, &executor_);
  ASSERT_TRUE(next.Load().ok());
  EXPECT_EQ(registry.counts().disconnected, static_cast<uint32_t>(kNodes));
  for (int i = 0; i < kNodes; ++i) {
    const NodeRecord* const record = registry.Find(absl::StrCat("n", i));
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(registry.Describe(*record).facts_json(), absl::StrCat("{\"own\":", i, "}"));
  }
}

TEST_F(FleetRecorderTest, NodesOfAKilledHubWereLastSeenWhenItLastRan) {
  Attach(NodeOf("a"));
  Run(absl::Minutes(10));
  const absl::Time before = clock_.Now();
  clock_.Advance(absl::Hours(5));  // killed; the next one comes late
  Registry registry(&clock_, {});
  FleetRecorder next(&store_, &registry, &ddls_, &clock_, &executor_);
  ASSERT_TRUE(next.Load().ok());
  EXPECT_GE(registry.Find("a")->last_seen, before - FleetRecorder::kAliveEvery - absl::Seconds(1));
  EXPECT_LE(registry.Find("a")->last_seen, before);
}

TEST_F(FleetRecorderTest, ChangesAreGatheredAndComeAndGoAreNot) {
  Attach(NodeOf("a"));
  Run(absl::Seconds(2));
  store_.changes.clear();
  for (int i = 0; i < 30; ++i) {
    Change("a", "{\"uptime\":" + std::to_string(i) + "}");
    Run(absl::Seconds(1));
  }
  EXPECT_THAT(store_.changes, IsEmpty());
  Run(absl::Seconds(35));
  size_t written = 0;
  for (const FleetChange& change : store_.changes) written += change.nodes.size();
  EXPECT_EQ(written, 1u);
  EXPECT_THAT(Stored().nodes.at(0).node.facts_json(), HasSubstr("\"uptime\":29"));
  Change("a", R"({"uptime":99})");
  Detach("a");
  Run(absl::Seconds(1));
  EXPECT_EQ(Stored().nodes.at(0).node.presence(), v1::DISCONNECTED);
  Run(FleetRecorder::kGatherChanges + absl::Seconds(2));
  EXPECT_THAT(Stored().nodes.at(0).node.facts_json(), HasSubstr("\"uptime\":99"));
}

TEST_F(FleetRecorderTest, AStormIsWrittenAFewAtATime) {
  for (int i = 0; i < 200; ++i) Attach(NodeOf("n" + std::to_string(i)));
  EXPECT_EQ(recorder_.unwritten(), 200u);
  Run(absl::Seconds(1));
  EXPECT_EQ(recorder_.unwritten(), 0u);
  EXPECT_THAT(Stored().nodes, SizeIs(200));
  for (const FleetChange& change : store_.changes) EXPECT_LE(change.nodes.size(), FleetRecorder::kMaxNodesPerWrite);
  EXPECT_GE(store_.changes.size(), 200 / FleetRecorder::kMaxNodesPerWrite);
}

TEST_F(FleetRecorderTest, FactsAreWrittenAsTheNodeSentThem) {
  const std::string sent = R"({ "z":1, "a":2.50 })";
  Attach(NodeOf("a", sent));
  recorder_.OnAttached("a", sent);
  Run(absl::Seconds(2));
  EXPECT_EQ(Stored().nodes[0].node.facts_json(), sent);
  Change("a", R"({"z":3})");
  recorder_.OnAttached("a", sent);
  recorder_.OnAttached("a");  // nobody knows the text any more
  Run(absl::Seconds(2));
  EXPECT_EQ(Stored().nodes[0].node.facts_json(), R"({"a":2.5,"z":3})");
}

TEST_F(FleetRecorderTest, WhoIsBackAsBeforeIsWrittenWithoutFacts) {
  Attach(NodeOf("a"));
  Run(absl::Seconds(2));
  Detach("a");
  Run(absl::Seconds(2));
  store_.changes.clear();
  ASSERT_TRUE(registry_.Attach(NodeOf("a"), &stream_, "ipv4:2", "k1").ok());
  recorder_.OnBack("a");
  Run(absl::Seconds(2));
  ASSERT_EQ(store_.changes.front().rests.size(), 1u);
  EXPECT_THAT(store_.changes.front().nodes, IsEmpty());
  const v1::Node stored = Stored().nodes[0].node;
  EXPECT_EQ(stored.peer(), "ipv4:2");
  EXPECT_EQ(stored.facts_json(), R"({"os":"Debian"})");
  EXPECT_EQ(stored.presence(), v1::CONNECTED);
}

TEST_F(FleetRecorderTest, WhoIsBackBeforeItsFactsAreWrittenIsStillWrittenWhole) {
  store_.full = true;
  Attach(NodeOf("a"));
  Run(absl::Seconds(2));
  recorder_.OnBack("a");
  store_.full = false;
  Run(absl::Seconds(5));
  EXPECT_EQ(Stored().nodes[0].node.facts_json(), R"({"os":"Debian"})");
}

TEST_F(FleetRecorderTest, LargeFactsCloseAWrite) {
  const std::string large = "{\"pad\":\"" + std::string(600'000, 'x') + "\"}";
  for (int i = 0; i < 6; ++i) Attach(NodeOf("n" + std::to_string(i), large));
  Run(absl::Seconds(1));
  EXPECT_THAT(Stored().nodes, SizeIs(6));
  for (const FleetChange& change : store_.changes) EXPECT_LE(change.nodes.size(), 2u);
}

TEST_F(FleetRecorderTest, WhatAFullDiskRefusesIsWrittenWhenThereIsRoom) {
  store_.full = true;
  Attach(NodeOf("a"));
  recorder_.OnDdl(SampleDdl("rpcutil", "1.0"));
  Run(absl::Seconds(5));
  EXPECT_THAT(Stored().nodes, IsEmpty());
  EXPECT_LE(store_.changes.size(), 7u) << "tried once a second";
  Detach("a");
  store_.full = false;
  Run(absl::Seconds(2));
  ASSERT_THAT(Stored().nodes, SizeIs(1));
  EXPECT_EQ(Stored().nodes[0].node.facts_json(), R"({"os":"Debian"})")
      << "all of it, though only its presence came last";
  EXPECT_EQ(Stored().nodes[0].node.gone_reason(), "it was cut");
  EXPECT_THAT(Stored().ddls, SizeIs(1));
}

TEST_F(FleetRecorderTest, AHubThatStopsWritesWhatItKnowsAndNotItsOwnGoodbyes) {
  Attach(NodeOf("a"));
  Run(absl::Seconds(2));
  Change("a", R"({"last":1})");
  Attach(NodeOf("b"));
  recorder_.Close();
  Detach("a");
  Detach("b");
  executor_.Advance(absl::Seconds(5));
  const StoredFleet fleet = Stored();
  ASSERT_THAT(fleet.nodes, SizeIs(2));
  EXPECT_THAT(fleet.nodes[0].node.facts_json(), HasSubstr("\"last\":1"));
  EXPECT_EQ(fleet.nodes[0].node.presence(), v1::CONNECTED) << "it did not go: its hub did";
}

TEST_F(FleetRecorderTest, DdlsThatNoKnownNodeHasAreForgotten) {
  Attach(NodeOf("a"));
  recorder_.OnDdl(SampleDdl("rpcutil", "1.0"));
  recorder_.OnDdl(SampleDdl("old", "1.0"));
  Run(absl::Seconds(2));
  Run(FleetRecorder::kKeepDdlsEvery + absl::Seconds(2));
  EXPECT_THAT(Stored().ddls, ElementsAre(SampleDdl("rpcutil", "1.0")));
}

}  // namespace
}  // namespace orch::hub

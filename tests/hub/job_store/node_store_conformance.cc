#include "tests/hub/job_store/node_store_conformance.h"

#include <optional>

#include "base/digest.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

}  // namespace

v1::Node StoredNodeOf(const std::string& identity, const std::string& facts) {
  v1::Node node;
  node.set_identity(identity);
  node.set_presence(v1::DISCONNECTED);
  node.set_first_seen_us(1'600'000'000'000'000);
  node.set_last_seen_us(1'700'000'000'000'000);
  node.set_gone_us(1'700'000'001'000'000);
  node.set_gone_reason("the connection to the node was lost");
  node.add_collectives("mcollective");
  node.add_collectives("eu");
  node.set_main_collective("mcollective");
  v1::PluginRef* plugin = node.add_plugins();
  plugin->set_name("rpcutil");
  plugin->set_version("1.0");
  plugin->set_ddl_sha256(Sha256("rpcutil"));
  node.add_classes("apache");
  node.set_facts_json(facts);
  node.set_version("0.9");
  node.set_peer("ipv4:10.0.0.1:4711");
  node.set_key_id("k1");
  node.add_problems("facts are stale");
  node.add_plugin_problems()->set_plugin("broken");
  return node;
}

namespace {

absl::Status Wait(WaitingExecutor* executor, const std::function<void(NodeStore::Done)>& call) {
  std::optional<absl::Status> answer;
  call([&answer](absl::Status status) { answer = std::move(status); });
  while (!answer) executor->RunOne();
  return *answer;
}

}  // namespace

absl::Status ApplyAndWait(NodeStore* store, WaitingExecutor* executor, FleetChange change) {
  return Wait(executor, [&](NodeStore::Done done) { store->Apply(std::move(change), std::move(done)); });
}

absl::Status KeepDdlsAndWait(NodeStore* store, WaitingExecutor* executor, std::vector<std::string> sha256s) {
  return Wait(executor, [&](NodeStore::Done done) { store->KeepDdls(std::move(sha256s), std::move(done)); });
}

namespace {

TEST_P(NodeStoreConformance, BeginsEmpty) {
  const StoredFleet fleet = Load();
  EXPECT_THAT(fleet.nodes, IsEmpty());
  EXPECT_THAT(fleet.ddls, IsEmpty());
  EXPECT_EQ(fleet.alive_us, 0);
}

TEST_P(NodeStoreConformance, ANodeIsFoundAsItWasPut) {
  const v1::Node node = StoredNodeOf("a");
  ASSERT_EQ(Put({node}), absl::OkStatus());
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(1));
  EXPECT_EQ(fleet.nodes[0].node.DebugString(), node.DebugString());
  EXPECT_EQ(fleet.nodes[0].problem, "");
}

TEST_P(NodeStoreConformance, NodesWithAStreamAreFoundConnected) {
  v1::Node connected = StoredNodeOf("a"), stale = StoredNodeOf("b");
  connected.set_presence(v1::CONNECTED);
  connected.set_connected_since_us(5);  // is not kept: it ends with the hub
  stale.set_presence(v1::STALE);
  ASSERT_EQ(Put({connected, stale}), absl::OkStatus());
  for (const StoredFleet::Node& stored : Load().nodes) {
    EXPECT_EQ(stored.node.presence(), v1::CONNECTED);
    EXPECT_EQ(stored.node.connected_since_us(), 0);
  }
}

TEST_P(NodeStoreConformance, APutReplacesAllThatWasKnown) {
  ASSERT_EQ(Put({StoredNodeOf("a")}), absl::OkStatus());
  v1::Node other = StoredNodeOf("a", "{}");
  other.clear_classes();
  other.clear_problems();
  other.set_gone_reason("the node closed the stream");
  ASSERT_EQ(Put({other}), absl::OkStatus());
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(1));
  EXPECT_EQ(fleet.nodes[0].node.DebugString(), other.DebugString());
}

TEST_P(NodeStoreConformance, APresenceChangesNothingElseAndMakesNoNode) {
  ASSERT_EQ(Put({StoredNodeOf("a")}), absl::OkStatus());
  v1::Node presence;
  presence.set_identity("a");
  presence.set_presence(v1::CONNECTED);
  presence.set_last_seen_us(9);
  v1::Node unknown = presence;
  unknown.set_identity("nobody");
  FleetChange change;
  change.presences = {presence, unknown};
  ASSERT_EQ(Apply(std::move(change)), absl::OkStatus());
  v1::Node expected = StoredNodeOf("a");
  expected.set_presence(v1::CONNECTED);
  expected.set_last_seen_us(9);
  expected.clear_gone_us();
  expected.clear_gone_reason();
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(1));
  EXPECT_EQ(fleet.nodes[0].node.DebugString(), expected.DebugString());
}

TEST_P(NodeStoreConformance, ARestReplacesEverythingButTheFactsAndMakesNoNode) {
  ASSERT_EQ(Put({StoredNodeOf("a")}), absl::OkStatus());
  v1::Node rest = StoredNodeOf("a", "");
  rest.set_presence(v1::CONNECTED);
  rest.set_last_seen_us(9);
  rest.clear_gone_us();
  rest.clear_gone_reason();
  rest.set_peer("ipv4:192.0.2.9:999");
  rest.clear_classes();
  rest.clear_problems();
  v1::Node unknown = rest;
  unknown.set_identity("nobody");
  FleetChange change;
  change.rests = {rest, unknown};
  ASSERT_EQ(Apply(std::move(change)), absl::OkStatus());
  v1::Node expected = rest;
  expected.set_facts_json(StoredNodeOf("a").facts_json());
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(1));
  EXPECT_EQ(fleet.nodes[0].node.DebugString(), expected.DebugString());
}

TEST_P(NodeStoreConformance, ForgetsWhoIsNamedAndIsNotAskedTwice) {
  ASSERT_EQ(Put({StoredNodeOf("c"), StoredNodeOf("a"), StoredNodeOf("b")}), absl::OkStatus());
  FleetChange change;
  change.forgotten = {"b", "nobody"};
  ASSERT_EQ(Apply(std::move(change)), absl::OkStatus());
  EXPECT_THAT(Names(), ElementsAre("a", "c"));
  ASSERT_EQ(Put({StoredNodeOf("b", R"({"new":1})")}), absl::OkStatus());
  EXPECT_EQ(Load().nodes[1].node.facts_json(), R"({"new":1})");
}

TEST_P(NodeStoreConformance, FactsComeBackByteForByte) {
  std::string large = R"({"big":12345678901234567890123,"float":10.0,"text":"\u0000é","pad":")";
  for (int i = 0; large.size() < 900'000; ++i) large += std::to_string(i * 7919);
  large += "\"}";
  ASSERT_EQ(Put({StoredNodeOf("a", large), StoredNodeOf("b", ""), StoredNodeOf("c", "{}")}), absl::OkStatus());
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(3));
  EXPECT_EQ(fleet.nodes[0].node.facts_json(), large);
  EXPECT_EQ(fleet.nodes[1].node.facts_json(), "");
  EXPECT_EQ(fleet.nodes[2].node.facts_json(), "{}");
}

TEST_P(NodeStoreConformance, DdlsAreKeptOnceUntilNobodyWantsThem) {
  FleetChange change;
  change.ddls = {"ddl one", "ddl two", "ddl one"};
  ASSERT_EQ(Apply(std::move(change)), absl::OkStatus());
  EXPECT_THAT(Load().ddls, ::testing::UnorderedElementsAre("ddl one", "ddl two"));
  ASSERT_EQ(KeepDdlsAndWait(store_, &executor_, {Sha256("ddl two"), Sha256("never stored")}), absl::OkStatus());
  EXPECT_THAT(Load().ddls, ElementsAre("ddl two"));
  ASSERT_EQ(KeepDdlsAndWait(store_, &executor_, {}), absl::OkStatus());
  EXPECT_THAT(Load().ddls, IsEmpty());
}

TEST_P(NodeStoreConformance, RemembersWhenTheHubLastRan) {
  FleetChange change;
  change.alive_us = 41;
  ASSERT_EQ(Apply(std::move(change)), absl::OkStatus());
  change = {};
  change.alive_us = 42;
  ASSERT_EQ(Apply(std::move(change)), absl::OkStatus());
  ASSERT_EQ(Put({StoredNodeOf("a")}), absl::OkStatus());
  EXPECT_EQ(Load().alive_us, 42);
}

TEST_P(NodeStoreConformance, WithoutACallbackItIsDoneAllTheSame) {
  FleetChange change;
  change.nodes = {StoredNodeOf("a")};
  store_->Apply(std::move(change), nullptr);
  ASSERT_EQ(Put({StoredNodeOf("b")}), absl::OkStatus());
  EXPECT_THAT(Names(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace orch::hub

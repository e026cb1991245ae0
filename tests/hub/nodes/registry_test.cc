#include "services/hub/nodes/registry.h"

#include "base/digest.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/nodes/targets.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RegistryTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Registry registry_{&clock_, {.max_nodes = 4, .stale_after = absl::Seconds(90)}};
  FakeNode stream_;
  CountingRandom random_;

  static v1::Node NodeOf(const std::string& identity, const std::string& facts = "{}") {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json(facts);
    node.add_collectives("mcollective");
    v1::PluginRef* plugin = node.add_plugins();
    plugin->set_name("rpcutil");
    plugin->set_ddl_sha256(Sha256("rpcutil"));
    return node;
  }
  absl::Status Attach(const v1::Node& node, NodeChannel* stream = nullptr) {
    return registry_.Attach(node, stream == nullptr ? &stream_ : stream, "ipv4:1", "k1").status();
  }
  std::vector<std::string> Find(const v1::Target& target, ChooseOptions options = {}) {
    options.sorted = true;
    auto query = ParseTarget(target, &random_);
    EXPECT_TRUE(query.ok()) << query.status();
    chosen_ = ChooseFrom(*query, registry_, options);
    std::vector<std::string> names;
    for (const Slot slot : chosen_.nodes) names.push_back(registry_.At(slot).identity);
    return names;
  }
  static Chosen ChooseFrom(const TargetQuery& query, const Registry& registry, const ChooseOptions& options) {
    StepBudget budget;
    return *Choose(query, registry.Freeze(query.columns), options, &budget);
  }
  static v1::Target With(v1::FilterOption::Kind kind, const std::string& text) {
    v1::Target target;
    auto* option = target.mutable_filter()->add_options();
    option->set_kind(kind);
    option->set_text(text);
    return target;
  }
  Chosen chosen_;
};

TEST_F(RegistryTest, ANodeIsConnectedThenStaleThenHeardAgain) {
  ASSERT_TRUE(Attach(NodeOf("a")).ok());
  EXPECT_EQ(registry_.Find("a")->presence, v1::CONNECTED);
  clock_.Advance(absl::Seconds(90));
  EXPECT_THAT(registry_.MarkStale(), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(registry_.MarkStale(), ElementsAre("a"));
  EXPECT_THAT(registry_.MarkStale(), IsEmpty());
  EXPECT_EQ(registry_.counts().stale, 1u);
  EXPECT_TRUE(registry_.Heard("a"));
  EXPECT_FALSE(registry_.Heard("a"));
  EXPECT_EQ(registry_.counts().connected, 1u);
}

TEST_F(RegistryTest, ADetachedNodeIsRememberedWithItsLastSign) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"os":"Debian"})")).ok());
  clock_.Advance(absl::Seconds(5));
  registry_.Heard("a");
  const absl::Time heard = clock_.Now();
  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(registry_.Detach("a", &stream_, "it was cut"));
  const v1::Node node = registry_.Describe(*registry_.Find("a"));
  EXPECT_EQ(node.presence(), v1::DISCONNECTED);
  EXPECT_EQ(node.last_seen_us(), absl::ToUnixMicros(heard));
  EXPECT_EQ(node.connected_since_us(), 0);
  EXPECT_EQ(node.facts_json(), R"({"os":"Debian"})");
  EXPECT_EQ(registry_.ChannelOf("a"), nullptr);
}

TEST_F(RegistryTest, ASecondStreamReplacesTheFirst) {
  FakeNode second;
  ASSERT_TRUE(Attach(NodeOf("a")).ok());
  const auto attached = registry_.Attach(NodeOf("a"), &second, "ipv4:2", "k2");
  ASSERT_TRUE(attached.ok());
  EXPECT_EQ(attached->replaced, &stream_);
  EXPECT_FALSE(registry_.Detach("a", &stream_, "it was cut"));  // the old stream's end changes nothing
  EXPECT_EQ(registry_.ChannelOf("a"), &second);
  EXPECT_THAT(registry_.AttachedByKey(), ElementsAre(std::pair<const std::string, uint32_t>("k2", 1)));
}

TEST_F(RegistryTest, KeepsTheLastGoodStateWhenARegistrationIsRefused) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"v":1})")).ok());
  registry_.Detach("a", &stream_, "it was cut");
  const absl::Status big = Attach(NodeOf("a", "{\"v\":\"" + std::string(kMaxFactBytesPerNode, 'x') + "\"}"));
  EXPECT_EQ(big.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(big.message()), HasSubstr("facts"));
  EXPECT_FALSE(Attach(NodeOf("a", "[1]")).ok());
  EXPECT_FALSE(Attach(NodeOf("a", std::string(40, '['))).ok());
  v1::Node bad_plugin = NodeOf("a");
  bad_plugin.mutable_plugins(0)->set_name("../x");
  EXPECT_FALSE(Attach(bad_plugin).ok());
  EXPECT_EQ(registry_.Find("a")->presence, v1::DISCONNECTED);
  EXPECT_EQ(registry_.Describe(*registry_.Find("a")).facts_json(), R"({"v":1})");
}

TEST_F(RegistryTest, ANodeThatComesBackAsItWentIsRecognised) {
  const auto as_before = [this](const v1::Node& node) {
    const auto attached = registry_.Attach(node, &stream_, "ipv4:1", "k1");
    return attached.ok() && attached->as_before;
  };
  const auto facts = [this] { return registry_.Describe(*registry_.Find("a")).facts_json(); };
  v1::Node node = NodeOf("a", R"({"v":1})");
  node.add_classes("one");
  node.add_classes("two");
  EXPECT_FALSE(as_before(node));
  EXPECT_TRUE(as_before(node));
  node.mutable_classes()->SwapElements(0, 1);
  EXPECT_TRUE(as_before(node)) << "in whatever order";
  node.set_main_collective("other");
  node.set_collectives(0, "other");
  EXPECT_TRUE(as_before(node)) << "collectives are not part of it";
  EXPECT_THAT(registry_.facts().Collectives(registry_.Find("a")->slot), ElementsAre("other")) << "and are taken";
  node.add_classes("three");
  EXPECT_FALSE(as_before(node));
  node.add_plugins()->set_name("package");
  node.mutable_plugins(1)->set_ddl_sha256(Sha256("package"));
  EXPECT_FALSE(as_before(node));
  node.set_facts_json(R"({"v":2})");
  EXPECT_FALSE(as_before(node));
  EXPECT_EQ(facts(), R"({"v":2})");
  v1::Delta delta;
  delta.set_facts_set_json(R"({"v":3})");
  std::vector<PluginAnnouncement> old;
  ASSERT_TRUE(registry_.Apply("a", delta, &old).ok());
  EXPECT_FALSE(as_before(node)) << "it had changed meanwhile";
  EXPECT_EQ(facts(), R"({"v":2})");
}

TEST_F(RegistryTest, ANodeOfTheHubsLastProcessIsRecognised) {
  v1::Node node = NodeOf("a", R"({"v":1})");
  node.add_classes("one");
  registry_.Restore(node, Registry::CheckStored(node), "");
  const auto attached = registry_.Attach(node, &stream_, "ipv4:1", "k1");
  ASSERT_TRUE(attached.ok());
  EXPECT_TRUE(attached->as_before);
}

TEST_F(RegistryTest, RefusesAPluginAnnouncedTwice) {
  v1::Node node = NodeOf("a");
  *node.add_plugins() = node.plugins(0);
  EXPECT_EQ(Attach(node).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(registry_.Find("a"), nullptr);
}

TEST_F(RegistryTest, ADeltaChangesOnlyItsParts) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"x":1,"y":2})")).ok());
  v1::Delta delta;
  delta.set_facts_set_json(R"({"x":5})");
  delta.add_facts_removed("y");
  delta.set_has_classes(true);
  delta.add_classes("apache");
  std::vector<PluginAnnouncement> old;
  ASSERT_TRUE(registry_.Apply("a", delta, &old).ok());
  const v1::Node node = registry_.Describe(*registry_.Find("a"));
  EXPECT_EQ(node.facts_json(), R"({"x":5})");
  EXPECT_EQ(node.classes(0), "apache");
  EXPECT_EQ(node.plugins(0).name(), "rpcutil");
  EXPECT_EQ(node.collectives(0), "mcollective");
}

TEST_F(RegistryTest, ARefusedDeltaChangesNothing) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"x":1})")).ok());
  v1::Delta delta;
  delta.set_facts_set_json(R"({"x":2})");
  delta.set_has_classes(true);
  delta.add_classes(std::string(5000, 'c'));
  std::vector<PluginAnnouncement> old;
  EXPECT_FALSE(registry_.Apply("a", delta, &old).ok());
  EXPECT_EQ(registry_.Describe(*registry_.Find("a")).facts_json(), R"({"x":1})");
}

TEST_F(RegistryTest, ForgetsNobodyToMakeRoom) {
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(Attach(NodeOf(name)).ok());
  registry_.Detach("c", &stream_, "it was cut");
  const absl::Status full = Attach(NodeOf("e"));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()), HasSubstr("knows 4 nodes, its limit, 1 of them away"));
  EXPECT_THAT(std::string(full.message()), HasSubstr("orchctl node forget"));
  EXPECT_NE(registry_.Find("c"), nullptr);
  EXPECT_TRUE(Attach(NodeOf("c")).ok()) << "a known node always has its place";
}

TEST_F(RegistryTest, ForgetsOnlyNodesThatAreAway) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"os":"Debian"})")).ok());
  EXPECT_FALSE(registry_.Forget("a"));
  EXPECT_FALSE(registry_.Forget("nobody"));
  registry_.Detach("a", &stream_, "it was cut");
  EXPECT_TRUE(registry_.Forget("a"));
  EXPECT_EQ(registry_.Find("a"), nullptr);
  EXPECT_EQ(registry_.facts().size(), 0u);
  EXPECT_EQ(registry_.counts().disconnected, 0u);
}

TEST_F(RegistryTest, SaysWhenAndWhyANodeWent) {
  ASSERT_TRUE(Attach(NodeOf("a")).ok());
  const absl::Time first = clock_.Now();
  clock_.Advance(absl::Seconds(7));
  registry_.Detach("a", &stream_, "the connection to the node was lost");
  v1::Node node = registry_.DescribePresence(*registry_.Find("a"));
  EXPECT_EQ(node.first_seen_us(), absl::ToUnixMicros(first));
  EXPECT_EQ(node.gone_us(), absl::ToUnixMicros(first + absl::Seconds(7)));
  EXPECT_EQ(node.gone_reason(), "the connection to the node was lost");
  ASSERT_TRUE(Attach(NodeOf("a")).ok());
  node = registry_.DescribePresence(*registry_.Find("a"));
  EXPECT_EQ(node.first_seen_us(), absl::ToUnixMicros(first));
  EXPECT_EQ(node.gone_us(), 0);
  EXPECT_EQ(node.gone_reason(), "");
}

TEST_F(RegistryTest, ARestoredNodeIsAwayAndIsChosenAsItWas) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"os":"Debian"})")).ok());
  clock_.Advance(absl::Hours(2));
  registry_.Detach("a", &stream_, "it was cut");
  const v1::Node stored = registry_.Describe(*registry_.Find("a"));
  clock_.Advance(absl::Hours(1));
  Registry next(&clock_, {});
  next.Restore(stored, Registry::CheckStored(stored), "");
  const NodeRecord* const record = next.Find("a");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->presence, v1::DISCONNECTED);
  EXPECT_EQ(next.ChannelOf("a"), nullptr);
  EXPECT_EQ(next.Describe(*record).SerializeAsString(), stored.SerializeAsString());
  EXPECT_EQ(next.counts().disconnected, 1u);
  EXPECT_THAT(next.AwayLongerThan(absl::Hours(4)), IsEmpty());
  EXPECT_THAT(next.AwayLongerThan(absl::Hours(2)), ElementsAre("a")) << "its last sign is three hours old";
  auto query = ParseTarget(With(v1::FilterOption::FACT, "os=Debian"), &random_);
  EXPECT_EQ(ChooseFrom(*query, next, {.only_disconnected = true}).nodes.size(), 1u);
  EXPECT_EQ(ChooseFrom(*query, next, {}).nodes.size(), 0u);
}

TEST_F(RegistryTest, ANodeWhoseStoredFactsAreRefusedIsStillNamed) {
  v1::Node stored = NodeOf("a", "[1]");
  stored.set_last_seen_us(absl::ToUnixMicros(clock_.Now()));
  registry_.Restore(stored, Registry::CheckStored(stored), "");
  ASSERT_NE(registry_.Find("a"), nullptr);
  const v1::Node node = registry_.Describe(*registry_.Find("a"));
  EXPECT_EQ(node.facts_json(), "{}");
  ASSERT_EQ(node.problems_size(), 1);
  EXPECT_THAT(node.problems(0), HasSubstr("what was stored of it is refused"));
}

TEST_F(RegistryTest, NodesThatWereAttachedWhenTheHubStoppedMayReturnForAWhile) {
  v1::Node stored = NodeOf("a");
  stored.set_presence(v1::CONNECTED);
  registry_.Restore(stored, Registry::CheckStored(stored), "");
  stored = NodeOf("b");
  stored.set_presence(v1::DISCONNECTED);
  registry_.Restore(stored, Registry::CheckStored(stored), "");
  EXPECT_EQ(registry_.returning(), 1u);
  ASSERT_TRUE(Attach(NodeOf("a")).ok());
  EXPECT_EQ(registry_.returning(), 0u);
  stored = NodeOf("c");
  stored.set_presence(v1::CONNECTED);
  registry_.Restore(stored, Registry::CheckStored(stored), "");
  EXPECT_EQ(registry_.returning(), 1u);
  clock_.Advance(kReturnWithin);
  EXPECT_EQ(registry_.returning(), 0u);
}

TEST_F(RegistryTest, ChoosesByFilterAndCollectiveAmongAttachedNodes) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"os":"Debian"})")).ok());
  ASSERT_TRUE(Attach(NodeOf("b", R"({"os":"RedHat"})")).ok());
  v1::Node eu = NodeOf("c", R"({"os":"Debian"})");
  eu.add_collectives("eu");
  ASSERT_TRUE(Attach(eu).ok());
  EXPECT_THAT(Find({}), ElementsAre("a", "b", "c"));
  v1::Target debian = With(v1::FilterOption::FACT, "os=Debian");
  EXPECT_THAT(Find(debian), ElementsAre("a", "c"));
  debian.set_collective("eu");
  EXPECT_THAT(Find(debian), ElementsAre("c"));
  registry_.Detach("c", &stream_, "it was cut");
  EXPECT_THAT(Find(debian), IsEmpty());
  EXPECT_THAT(Find(debian, {.include_disconnected = true}), ElementsAre("c"));
  EXPECT_THAT(Find({}, {.plugin = "package"}), IsEmpty());
  EXPECT_THAT(Find({}, {.plugin = "rpcutil"}), ElementsAre("a", "b"));
}

TEST_F(RegistryTest, ReportsNamesNeverSeenAndNodesThatAreAway) {
  ASSERT_TRUE(Attach(NodeOf("a")).ok());
  ASSERT_TRUE(Attach(NodeOf("b")).ok());
  registry_.Detach("b", &stream_, "it was cut");
  v1::Target listed;
  listed.set_has_identities(true);
  for (const char* name : {"a", "b", "nobody"}) listed.add_identities(name);
  EXPECT_THAT(Find(listed, {.named_disconnected = true}), ElementsAre("a", "b"));
  EXPECT_THAT(chosen_.unknown, ElementsAre("nobody"));
  EXPECT_THAT(chosen_.disconnected, ElementsAre("b"));
  EXPECT_THAT(Find(With(v1::FilterOption::IDENTITY, "nobody"), {.named_disconnected = true}), IsEmpty());
  EXPECT_THAT(chosen_.unknown, ElementsAre("nobody"));
}

TEST_F(RegistryTest, LimitsByNumberPercentAndChance) {
  for (const char* name : {"d", "c", "b", "a"}) ASSERT_TRUE(Attach(NodeOf(name)).ok());
  v1::Target target;
  target.set_limit(2);
  EXPECT_THAT(Find(target), ElementsAre("a", "b"));
  target.set_limit(0);
  target.set_limit_percent(30);
  EXPECT_THAT(Find(target), ElementsAre("a"));
  target.set_limit_percent(1);
  EXPECT_THAT(Find(target), ElementsAre("a"));
  target.set_limit_percent(0);
  target.set_limit(2);
  target.set_limit_random(true);
  target.set_limit_seed(7);
  const std::vector<std::string> drawn = Find(target);
  EXPECT_EQ(drawn.size(), 2u);
  EXPECT_EQ(Find(target), drawn);  // the same seed, the same nodes
  bool other = false;
  for (uint64_t seed = 1; seed < 30; ++seed) {
    target.set_limit_seed(seed);
    other |= Find(target) != drawn;
  }
  EXPECT_TRUE(other);
}

TEST_F(RegistryTest, RefusesTargetsThatCannotBeMeant) {
  v1::Target target;
  target.set_has_identities(true);
  EXPECT_THAT(std::string(ParseTarget(target, &random_).status().message()), HasSubstr("list of nodes is empty"));
  target.add_identities("a b");
  EXPECT_EQ(ParseTarget(target, &random_).status().code(), absl::StatusCode::kInvalidArgument);
  v1::Target unflagged;
  unflagged.add_identities("a");
  EXPECT_FALSE(ParseTarget(unflagged, &random_).ok());
  v1::Target both;
  both.set_limit(1);
  both.set_limit_percent(1);
  EXPECT_FALSE(ParseTarget(both, &random_).ok());
  v1::Target percent;
  percent.set_limit_percent(101);
  EXPECT_FALSE(ParseTarget(percent, &random_).ok());
  EXPECT_FALSE(ParseTarget(With(v1::FilterOption::FACT, "os"), &random_).ok());
  EXPECT_FALSE(ParseTarget(With(v1::FilterOption::KIND_UNSPECIFIED, "os"), &random_).ok());
}

TEST_F(RegistryTest, DataFunctionsLeaveTheDecisionToTheNodes) {
  ASSERT_TRUE(Attach(NodeOf("a", R"({"os":"Debian"})")).ok());
  ASSERT_TRUE(Attach(NodeOf("b", R"({"os":"RedHat"})")).ok());
  EXPECT_THAT(Find(With(v1::FilterOption::COMPOUND, "os=Debian and fstat('/etc/hosts').md5=/x/")), ElementsAre("a"));
  EXPECT_TRUE(chosen_.ask_nodes);
}

}  // namespace
}  // namespace orch::hub

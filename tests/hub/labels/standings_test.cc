#include "services/hub/labels/standings.h"

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/labels/standing_updates.h"
#include "services/hub/nodes/targets.h"
#include "tests/hub/fake_pool.h"
#include "tests/hub/fakes.h"
#include "tests/hub/labels/fake_record_store.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class StandingsTest : public ::testing::Test {
 protected:
  StandingsTest() {
    watch_.SetListener([this](auto kind, absl::string_view identity, absl::string_view) {
      if (kind == v1::WatchNodesResponse::NODE_CHANGED) changed_.push_back(std::string(identity));
    });
  }
  static filter::Filter FilterOf(const std::string& text) {
    const std::vector<filter::Option> options = {{filter::OptionKind::kCompound, text}};
    auto filter = filter::Filter::Parse(options);
    EXPECT_TRUE(filter.ok()) << filter.status();
    return *std::move(filter);
  }
  v1::Node NodeOf(const std::string& identity, const std::vector<std::string>& named,
                  const std::string& facts = "{}") const {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json(facts);
    for (const std::string& collective : named) node.add_collectives(collective);
    return node;
  }
  FakeNode& Attach(const std::string& identity, const std::vector<std::string>& named = {"mcollective"},
                   const std::string& facts = "{}") {
    FakeNode& stream = streams_[identity];
    EXPECT_TRUE(registry_.Attach(NodeOf(identity, named, facts), &stream, "ipv4:1", "k1").ok());
    return stream;
  }
  void Label(const std::string& identity, auth::Labels set, std::vector<std::string> remove = {}) {
    labels_.Apply({{identity}, std::move(set), std::move(remove)},
                  [](const auto& changed) { ASSERT_TRUE(changed.ok()) << changed.status(); });
  }
  std::vector<std::string> Matching(const std::string& text) {
    v1::Target target;
    auto* option = target.mutable_filter()->add_options();
    option->set_kind(v1::FilterOption::COMBINED);
    option->set_text(text);
    const auto query = ParseTarget(target, &random_);
    EXPECT_TRUE(query.ok()) << query.status();
    ChooseOptions options;
    options.include_disconnected = options.sorted = true;
    StepBudget budget;
    std::vector<std::string> names;
    const auto chosen = Choose(*query, registry_.Freeze(query->columns), options, &budget);
    EXPECT_TRUE(chosen.ok()) << chosen.status();
    for (const Slot slot : chosen->nodes) {
      names.push_back(registry_.At(slot).identity);
    }
    return names;
  }
  std::vector<std::string> MembersOf(const std::string& identity) {
    return registry_.facts().Collectives(registry_.Find(identity)->slot);
  }

  ManualClock clock_;
  ManualExecutor loop_{&clock_};
  CountingRandom random_;
  FakeRecordStore store_;
  LabelTable labels_{&store_, {}};
  Standings standings_{&labels_};
  Registry registry_{&clock_, {}, &standings_};
  FakePool pool_{&loop_};
  Questions questions_{&registry_, &pool_, &loop_};
  NodeWatch watch_{&registry_, &questions_, &loop_, &clock_};
  StandingUpdates updates_{&labels_, &standings_, &registry_, &watch_, &loop_};
  std::map<std::string, FakeNode> streams_;
  std::vector<std::string> changed_;
};

TEST_F(StandingsTest, ANodeGainsNothingByWhatItSaysOfItself) {
  Attach("liar", {"mcollective"}, R"({"trusted":{"role":"db"},"trusted.role":"db","trusted_by":"x","os":"Debian"})");
  EXPECT_THAT(Matching("trusted.role=db"), IsEmpty());
  EXPECT_THAT(Matching("trusted_by=x os=Debian"), ElementsAre("liar"));
  v1::Delta delta;
  delta.set_facts_set_json(R"({"trusted":{"role":"db"},"trusted.role":"db"})");
  std::vector<PluginAnnouncement> plugins;
  ASSERT_TRUE(registry_.Apply("liar", delta, &plugins).ok());
  EXPECT_THAT(Matching("trusted.role=db"), IsEmpty());
  Label("liar", {{"role", "web"}});
  EXPECT_THAT(Matching("trusted.role=web"), ElementsAre("liar"));
  delta.Clear();
  delta.add_facts_removed("trusted");
  ASSERT_TRUE(registry_.Apply("liar", delta, &plugins).ok());
  EXPECT_THAT(Matching("trusted.role=web"), ElementsAre("liar")) << "it cannot get rid of a label either";
  Attach("liar", {"mcollective"}, R"({"trusted":{"role":"db"}})");
  EXPECT_THAT(Matching("trusted.role=web"), ElementsAre("liar"));
}

TEST_F(StandingsTest, AChangeCountsAtOnceAndTheNodeIsTold) {
  FakeNode& stream = Attach("web1");
  const uint64_t before = registry_.change();
  Label("web1", {{"role", "web"}});
  EXPECT_THAT(Matching("trusted.role=web"), ElementsAre("web1"));
  EXPECT_THAT(changed_, ElementsAre("web1"));
  EXPECT_TRUE(registry_.ChangedSince("web1", before)) << "it may decline what was chosen before";
  ASSERT_EQ(stream.standings.size(), 1u);
  EXPECT_EQ(stream.standings[0].labels().at("role"), "web");
  EXPECT_THAT(stream.standings[0].collectives(), ElementsAre("mcollective"));
  EXPECT_EQ(registry_.Describe(*registry_.Find("web1")).labels().at("role"), "web");
  Label("web1", {}, {"role"});
  EXPECT_THAT(Matching("trusted.role=web"), IsEmpty());
  EXPECT_EQ(stream.standings.size(), 2u);
}

TEST_F(StandingsTest, LabelsWaitForANodeThatWasNeverSeen) {
  Label("late", {{"role", "web"}});
  EXPECT_THAT(changed_, IsEmpty());
  Attach("late");
  EXPECT_THAT(Matching("trusted.role=web"), ElementsAre("late"));
}

TEST_F(StandingsTest, StoredNodesKeepTheirOwnWordsOnly) {
  Label("web1", {{"role", "web"}});
  standings_.SetCollectiveGrants({{"web", FilterOf("trusted.role=web")}, {"db", FilterOf("trusted.role=db")}});
  Attach("web1", {"mcollective", "db"}, R"({"os":"Debian"})");
  const v1::Node stored = registry_.DescribeOwn(*registry_.Find("web1"));
  EXPECT_EQ(stored.facts_json(), R"({"os":"Debian"})");
  EXPECT_THAT(stored.collectives(), ElementsAre("mcollective", "db"));
  EXPECT_TRUE(stored.labels().empty());
  // The next hub process has other labels and other grants.
  Label("web1", {{"role", "db"}});
  Registry next(&clock_, {}, &standings_);
  next.Restore(stored, Registry::CheckStored(stored), "");
  const v1::Node node = next.Describe(*next.Find("web1"));
  EXPECT_EQ(node.labels().at("role"), "db");
  EXPECT_EQ(node.facts_json(), R"({"os":"Debian","trusted":{"role":"db"}})");
  EXPECT_THAT(node.collectives(), UnorderedElementsAre("mcollective", "db"));
}

TEST_F(StandingsTest, AListedCollectiveIsGrantedAndNeverClaimed) {
  standings_.SetCollectiveGrants({{"web", FilterOf("trusted.role=web")}});
  Attach("web1", {"mcollective"});
  Attach("liar", {"mcollective", "web", "mine"});
  Label("web1", {{"role", "web"}});
  EXPECT_THAT(MembersOf("web1"), ElementsAre("mcollective", "web"));
  EXPECT_THAT(MembersOf("liar"), ElementsAre("mcollective", "mine"));
  const v1::Node liar = registry_.Describe(*registry_.Find("liar"));
  EXPECT_THAT(liar.claimed_collectives(), ElementsAre("web"));
  Label("liar", {{"role", "web"}});
  EXPECT_THAT(MembersOf("liar"), ElementsAre("mcollective", "mine", "web"));
  EXPECT_THAT(registry_.Describe(*registry_.Find("liar")).claimed_collectives(), IsEmpty());
}

TEST_F(StandingsTest, ADeltaCannotClaimAListedCollective) {
  standings_.SetCollectiveGrants({{"web", FilterOf("trusted.role=web")}});
  Attach("liar");
  v1::Delta delta;
  delta.set_has_collectives(true);
  delta.add_collectives("web");
  std::vector<PluginAnnouncement> plugins;
  ASSERT_TRUE(registry_.Apply("liar", delta, &plugins).ok());
  EXPECT_THAT(MembersOf("liar"), IsEmpty());
}

TEST_F(StandingsTest, ChangedGrantsReachEveryNodeInTurns) {
  constexpr size_t kNodes = 2 * StandingUpdates::kNodesATurn + 1;
  for (size_t i = 0; i < kNodes; ++i) Attach("n" + std::to_string(i), {"web"});
  standings_.SetCollectiveGrants({{"web", FilterOf("trusted.role=web")}});
  EXPECT_EQ(changed_.size(), StandingUpdates::kNodesATurn) << "others have their turn in between";
  loop_.RunUntilIdle();
  EXPECT_EQ(changed_.size(), kNodes);
  EXPECT_THAT(MembersOf("n0"), IsEmpty());
  EXPECT_THAT(streams_["n0"].standings.back().collectives(), IsEmpty());
  changed_.clear();
  standings_.SetCollectiveGrants({{"web", FilterOf("trusted.role=web")}});
  loop_.RunUntilIdle();
  EXPECT_THAT(changed_, IsEmpty()) << "the same grants change nothing";
  standings_.SetCollectiveGrants({});
  loop_.RunUntilIdle();
  EXPECT_THAT(MembersOf("n7"), ElementsAre("web")) << "a collective that is not listed is the node's own choice";
}

TEST_F(StandingsTest, OwnFactsOfANodeNeverGrantACollective) {
  standings_.SetCollectiveGrants({{"web", FilterOf("role=web or web_class")}, {"named", FilterOf("identity=a")}});
  v1::Node node = NodeOf("a", {"web"}, R"({"role":"web","identity":"a"})");
  node.add_classes("web_class");
  ASSERT_TRUE(registry_.Attach(node, &streams_["a"], "ipv4:1", "k1").ok());
  EXPECT_THAT(MembersOf("a"), IsEmpty());
}

TEST_F(StandingsTest, AFactsLimitLeavesRoomForLabels) {
  Json facts = Json::object();
  for (size_t i = 0; i < kMaxFactsPerNode; ++i) facts["f" + std::to_string(i)] = 1;
  Attach("full", {}, DumpJson(facts));
  Label("full", {{"role", "web"}});
  EXPECT_THAT(Matching("trusted.role=web"), ElementsAre("full"));
  v1::Delta delta;
  delta.set_facts_set_json(R"({"f0":2})");
  std::vector<PluginAnnouncement> plugins;
  EXPECT_TRUE(registry_.Apply("full", delta, &plugins).ok()) << "a label takes no room from the node either";
}

}  // namespace
}  // namespace orch::hub

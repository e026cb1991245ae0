#include "services/hub/nodes/fact_table/fact_table.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fact_table/ask.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

filter::Filter MakeFilter(filter::OptionKind kind, const std::string& text) {
  const filter::Option option{kind, text};
  return *filter::Filter::Parse({&option, 1});
}

std::vector<std::string> Chosen(const FactTable& table, const std::string& compound, const SlotSet* within = nullptr) {
  std::vector<std::string> names;
  const auto filter = MakeFilter(filter::OptionKind::kCompound, compound);
  Select(table, filter, within).nodes.ForEach([&](Slot slot) { names.push_back(table.identity(slot)); });
  return names;
}

class FactTableTest : public ::testing::Test {
 protected:
  FactTableTest() {
    web_ = *table_.Upsert("web", {{"os", {{"family", "Debian"}}}, {"cpus", 4}}, {"nginx", "role::web"}, {"rpcutil"},
                          {"eu"});
    db_ = *table_.Upsert("db", {{"os", {{"family", "RedHat"}}}, {"cpus", 10}, {"os.family", "own"}}, {"mysql"},
                         {"rpcutil", "package"}, {"eu", "us"});
  }
  FactTable table_;
  Slot web_ = kNoSlot, db_ = kNoSlot;
};

TEST_F(FactTableTest, KeepsTheSlotOfANodeThatRegistersAgain) {
  EXPECT_EQ(*table_.Upsert("web", {{"cpus", 8}}, {}, {}, {}), web_);
  EXPECT_EQ(table_.FreezeNode(web_).facts(), Json({{"cpus", 8}}));
  EXPECT_TRUE(table_.FreezeNode(web_).classes().empty());
  EXPECT_EQ(table_.size(), 2u);
}

TEST_F(FactTableTest, GivesBackEachPartOfANode) {
  EXPECT_EQ(table_.identity(db_), "db");
  EXPECT_EQ(table_.Find("db"), db_);
  EXPECT_EQ(table_.Find("nobody"), kNoSlot);
  EXPECT_EQ(table_.FreezeNode(db_).facts(), Json({{"os", {{"family", "RedHat"}}}, {"cpus", 10}, {"os.family", "own"}}));
  EXPECT_THAT(table_.FreezeNode(web_).classes(), ElementsAre("nginx", "role::web"));
  EXPECT_THAT(table_.Collectives(db_), ElementsAre("eu", "us"));
}

TEST_F(FactTableTest, PrefersTheWholeNameOverTheDottedPath) {
  EXPECT_THAT(Chosen(table_, "os.family=/./"), ElementsAre("web", "db"));
  EXPECT_THAT(Chosen(table_, "os.family=RedHat"), ElementsAre());
  EXPECT_THAT(Chosen(table_, "os.family!=Debian"), ElementsAre("db"));
}

TEST_F(FactTableTest, NarrowsToTheSlotsGiven) {
  SlotSet within(table_.slots());
  within.Insert(db_);
  EXPECT_THAT(Chosen(table_, "cpus>1", &within), ElementsAre("db"));
  EXPECT_THAT(Chosen(table_, "not cpus>1", &within), ElementsAre());
  within.Insert(900);  // no node lives there
  EXPECT_EQ(Select(table_, filter::Filter(), &within).nodes.ToVector(), std::vector<Slot>{db_});
}

TEST_F(FactTableTest, LeavesDataFunctionsToTheNodes) {
  const auto filter = MakeFilter(filter::OptionKind::kCompound, "mysql and fstat('/x').size>0");
  const FactSnapshot::Selection selection = Select(table_, filter);
  EXPECT_TRUE(selection.ask_nodes);
  EXPECT_EQ(selection.nodes.ToVector(), std::vector<Slot>{db_});
  EXPECT_FALSE(Select(table_, MakeFilter(filter::OptionKind::kClass, "mysql")).ask_nodes);
}

TEST_F(FactTableTest, FindsMembersOfACollective) {
  EXPECT_EQ(InCollective(table_, "us").ToVector(), std::vector<Slot>{db_});
  EXPECT_EQ(InCollective(table_, "eu").size(), 2u);
  ASSERT_TRUE(table_.SetCollectives(db_, {}).ok());
  EXPECT_TRUE(InCollective(table_, "us").empty());
}

TEST_F(FactTableTest, CountsTheValuesOfAFact) {
  ASSERT_TRUE(table_.Upsert("old", {{"cpus", "4"}}, {}, {}, {}).ok());
  ASSERT_TRUE(table_.Upsert("bare", Json::object(), {}, {}, {}).ok());
  ASSERT_TRUE(table_.Upsert("twin", {{"cpus", 4}}, {}, {}, {}).ok());
  const FactSnapshot::FactCounts counts = CountFact(table_, "cpus", table_.live());
  EXPECT_EQ(counts.missing, 1u);
  ASSERT_EQ(counts.values.size(), 3u);
  EXPECT_EQ(counts.values[0].text, "10");
  EXPECT_EQ(counts.values[1].value, Json("4"));
  EXPECT_EQ(counts.values[2].value, Json(4));
  EXPECT_THAT(counts.values[2].slots, ElementsAre(web_, table_.Find("twin")));
}

TEST_F(FactTableTest, KeepsEveryDigitOfAnIntegerBeyond64Bits) {
  const Json facts = ParseJson(R"({"id": 123456789012345678901234567890, "n": [36893488147419103232]})", "f").value();
  const Json other = ParseJson(R"({"id": 123456789012345678901234567891})", "f").value();
  ASSERT_TRUE(table_.Upsert("web", facts, {}, {}, {}).ok() && table_.Upsert("db", other, {}, {}, {}).ok());
  EXPECT_EQ(DumpJson(table_.FreezeNode(web_).facts()), DumpJson(facts));
  EXPECT_THAT(Chosen(table_, "id=123456789012345678901234567890"), ElementsAre("web"));
  EXPECT_THAT(Chosen(table_, "id>123456789012345678901234567890"), ElementsAre("db"));
  EXPECT_THAT(Chosen(table_, "n=36893488147419103232"), ElementsAre("web"));
  const FactSnapshot::FactCounts counts = CountFact(table_, "id", table_.live());
  ASSERT_EQ(counts.values.size(), 2u);
  EXPECT_EQ(counts.values[0].value, facts["id"]);
  // What was weighed when it came is what is given back when it goes.
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(table_.ApplyFactsDelta(web_, Json::object(), {"id", "n"}).ok());
    ASSERT_TRUE(table_.ApplyFactsDelta(web_, facts, {}).ok());
  }
  EXPECT_EQ(table_.FreezeNode(web_).facts(), facts);
}

TEST_F(FactTableTest, CountsADottedPathAsAFilterLooksItUp) {
  const FactSnapshot::FactCounts counts = CountFact(table_, "os.family", table_.live());
  ASSERT_EQ(counts.values.size(), 2u);
  EXPECT_EQ(counts.values[0].text, "Debian");
  EXPECT_EQ(counts.values[1].text, "own");
  EXPECT_EQ(CountFact(table_, "os.family.none", table_.live()).missing, 2u);
}

TEST_F(FactTableTest, ReleasesEverythingOfRemovedNodes) {
  table_.Remove(web_);
  table_.Remove(db_);
  table_.Remove(db_);
  EXPECT_EQ(table_.size(), 0u);
  EXPECT_EQ(table_.Find("web"), kNoSlot);
  EXPECT_EQ(table_.usage().columns, 0u);
  EXPECT_EQ(table_.usage().values, 0u);
  EXPECT_THAT(Chosen(table_, "not nginx"), ElementsAre());
}

TEST_F(FactTableTest, DoesNotGrowWhenFactsChangeForEver) {
  ASSERT_TRUE(table_.ApplyFactsDelta(web_, {{"uptime", 0}}, {}).ok());
  const FactTable::Usage before = table_.usage();
  for (int i = 0; i < 5000; ++i) {
    const std::string own = absl::StrCat("f", i);
    ASSERT_TRUE(table_.ApplyFactsDelta(web_, {{"uptime", i}, {own, {i, "x"}}}, {absl::StrCat("f", i - 1)}).ok());
  }
  ASSERT_TRUE(table_.ApplyFactsDelta(web_, Json::object(), {"f4999"}).ok());
  EXPECT_EQ(table_.usage().columns, before.columns);
  EXPECT_EQ(table_.usage().values, before.values);
}

TEST_F(FactTableTest, AppliesRemovalsBeforeWhatIsSet) {
  ASSERT_TRUE(table_.ApplyFactsDelta(web_, {{"cpus", 6}}, {"cpus", "os", "os", "unknown"}).ok());
  EXPECT_EQ(table_.FreezeNode(web_).facts(), Json({{"cpus", 6}}));
}

TEST_F(FactTableTest, RefusesMoreFactsThanANodeMayHaveAndChangesNothing) {
  Json many = Json::object();
  for (size_t i = 0; i < kMaxFactsPerNode; ++i) many[absl::StrCat("f", i)] = 1;
  const absl::Status refused = table_.ApplyFactsDelta(web_, many, {});
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("node web: 4098 facts; at most 4096"));
  EXPECT_EQ(table_.FreezeNode(web_).facts().size(), 2u);
  EXPECT_TRUE(table_.ApplyFactsDelta(web_, many, {"os", "cpus"}).ok());
}

TEST_F(FactTableTest, RefusesFactsThatGrowBeyondTheBoundOverManyDeltas) {
  const std::string chunk(kMaxFactBytesPerNode / 4, 'x');
  int accepted = 0;
  while (accepted < 10 && table_.ApplyFactsDelta(web_, {{absl::StrCat("big", accepted), chunk}}, {}).ok()) ++accepted;
  EXPECT_EQ(accepted, 3);
  EXPECT_TRUE(table_.ApplyFactsDelta(web_, {{"big3", chunk}}, {"big0"}).ok());
  EXPECT_TRUE(table_.ApplyFactsDelta(web_, {{"big3", chunk}}, {"big0"}).ok());
}

TEST_F(FactTableTest, RefusesFactsThatAreNoObjectOrTooDeep) {
  EXPECT_EQ(table_.Upsert("x", Json::array(), {}, {}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  Json deep = 1;
  for (int i = 0; i < 40; ++i) deep = Json::array({deep});
  EXPECT_EQ(table_.Upsert("x", {{"deep", deep}}, {}, {}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(table_.Find("x"), kNoSlot);
  EXPECT_EQ(table_.SetClasses(77, {}).code(), absl::StatusCode::kNotFound);
}

TEST(FactTableSizeTest, SelectsTheSameWhetherAFactIsCommonOrRare) {
  FactTable table;
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    Json facts = {{"id", i}};
    if (i % 300 == 7) facts["rare"] = "yes";
    ASSERT_TRUE(table.Upsert(absl::StrCat("n", i), facts, {}, {}, {}).ok());
    if (i % 300 == 7) expected.push_back(absl::StrCat("n", i));
  }
  EXPECT_EQ(Chosen(table, "rare=yes"), expected);
  EXPECT_EQ(Chosen(table, "id>=998"), (std::vector<std::string>{"n998", "n999"}));
  for (int i = 0; i < 1000; ++i)
    if (i != 7) table.Remove(table.Find(absl::StrCat("n", i)));
  EXPECT_EQ(Chosen(table, "rare=yes and id=7"), std::vector<std::string>{"n7"});
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(table.Upsert(absl::StrCat("m", i), {{"rare", "no"}}, {}, {}, {}).ok());
  EXPECT_EQ(Chosen(table, "rare=/./").size(), 1001u);
}

class SnapshotTest : public FactTableTest {
 protected:
  std::vector<std::string> Chosen(const FactSnapshot& snapshot, const filter::Filter& filter) {
    StepBudget budget;
    std::vector<std::string> names;
    snapshot.Select(filter, &budget)->nodes.ForEach([&](Slot slot) {
      names.push_back(snapshot.names().identity(slot));
    });
    return names;
  }
};

TEST_F(SnapshotTest, ShowsWhatWasThereWhateverChangesAfter) {
  const auto filter = MakeFilter(filter::OptionKind::kCompound, "cpus>=4 and (nginx or mysql) and os.family!=none");
  const FactSnapshot before = Frozen(table_, filter);
  const NodeFacts web = table_.FreezeNode(web_);
  ASSERT_TRUE(table_.ApplyFactsDelta(web_, {{"cpus", 1}}, {"os"}).ok());
  ASSERT_TRUE(table_.SetClasses(db_, {}).ok());
  const FactSnapshot between = Frozen(table_, filter);
  table_.Remove(db_);
  ASSERT_TRUE(table_.Upsert("other", {{"cpus", 5}, {"os.family", "x"}}, {"mysql"}, {}, {}).ok());  // takes db's slot
  EXPECT_THAT(Chosen(before, filter), ElementsAre("web", "db"));
  EXPECT_THAT(Chosen(between, filter), ElementsAre());
  EXPECT_THAT(Chosen(Frozen(table_, filter), filter), ElementsAre("other"));
  EXPECT_EQ(before.names().Find("db"), db_);
  EXPECT_EQ(before.names().Find("other"), kNoSlot);
  EXPECT_EQ(web.facts(), Json({{"os", {{"family", "Debian"}}}, {"cpus", 4}}));
}

TEST_F(SnapshotTest, OutlivesTheTable) {
  const auto filter = MakeFilter(filter::OptionKind::kFact, "kept=/^y/");
  std::optional<FactSnapshot> snapshot;
  {
    FactTable table;
    for (int i = 0; i < 3000; ++i) {
      ASSERT_TRUE(table.Upsert(absl::StrCat("n", i), {{"kept", absl::StrCat(i % 2 ? "y" : "n", i)}}, {}, {}, {}).ok());
    }
    snapshot = Frozen(table, filter);
    for (Slot slot = 0; slot < 3000; ++slot) table.Remove(slot);
  }
  EXPECT_EQ(Chosen(*snapshot, filter).size(), 1500u);
}

TEST_F(SnapshotTest, GivesUpWhenTheBudgetIsSpent) {
  const auto filter = MakeFilter(filter::OptionKind::kFact, "z=/[ab]*a[ab]{900}c/");
  std::string text(kMaxFactBytesPerNode - 4096, 'a');
  FactTable table;
  ASSERT_TRUE(table.Upsert("long", {{"z", text}}, {}, {}, {}).ok());
  for (int i = 0; i < 200; ++i) {
    text.assign(4000, 'a');
    text += absl::StrCat(i);
    ASSERT_TRUE(table.Upsert(absl::StrCat("n", i), {{"z", text}}, {}, {}, {}).ok());
  }
  // 30 ms each: the clock says that 100 ms passed from look to look.
  absl::Duration used;
  StepBudget budget(absl::Milliseconds(450), nullptr, [&used] { return used += absl::Milliseconds(100); });
  const auto selection = Frozen(table, filter).Select(filter, &budget);
  EXPECT_EQ(selection.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(selection.status().message()), HasSubstr("more than 450ms of processor time"));
  EXPECT_EQ(used, absl::Milliseconds(600)) << "it went on after it was told to give up";
  SlotSet one;
  one.Insert(table.Find("long"));
  StepBudget own;  // a text of 900 KB is not searched, so costs nothing
  const absl::Duration before = ThreadProcessorTime();
  EXPECT_TRUE(Frozen(table, filter).Select(filter, &own, &one)->nodes.empty());
  EXPECT_LT(ThreadProcessorTime() - before, absl::Milliseconds(200));
}

TEST_F(SnapshotTest, StopsSoonAfterTheCallWasCancelled) {
  const auto filter = MakeFilter(filter::OptionKind::kFact, "z=/x.{50}y/");
  FactTable table;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(table.Upsert(absl::StrCat("n", i), {{"z", absl::StrCat(std::string(4000, 'x'), i)}}, {}, {}, {}).ok());
  }
  int asked = 0;
  StepBudget budget(absl::Hours(1), [&asked] { return ++asked == 3; });
  EXPECT_TRUE(absl::IsCancelled(Frozen(table, filter).Select(filter, &budget).status()));
  EXPECT_EQ(asked, 3);
  StepBudget counted(kMaxQuestionTime, [] { return true; });
  ColumnNames names;
  names.AddPath("z");
  EXPECT_TRUE(absl::IsCancelled(table.Freeze(names).CountFact("z", table.live(), &counted).status()));
}

TEST_F(SnapshotTest, BoundsTheFactsAQuestionNames) {
  ColumnNames names;
  for (size_t i = 0; i < kMaxColumnsOfQuestion; ++i) names.AddPath(absl::StrCat("f", i));
  EXPECT_TRUE(names.Check().ok());
  names.AddPath("one.more");
  EXPECT_TRUE(absl::IsInvalidArgument(names.Check()));
}

TEST(FactTableSizeTest, SelectsLiteralIdentitiesFromALongList) {
  FactTable table;
  std::vector<filter::Option> options;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(table.Upsert(absl::StrCat("n", i), Json::object(), {}, {}, {}).ok());
    options.push_back({filter::OptionKind::kIdentity, absl::StrCat("n", i * 2)});
  }
  EXPECT_EQ(Select(table, *filter::Filter::Parse(options)).nodes.size(), 150u);
  EXPECT_EQ(Select(table, MakeFilter(filter::OptionKind::kIdentity, "/^n1.$/")).nodes.size(), 10u);
}

}  // namespace
}  // namespace orch::hub

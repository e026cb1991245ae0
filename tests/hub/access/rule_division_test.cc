#include "services/hub/access/rule_division.h"

#include <map>

#include "auth/access/decide.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/access/rule_visibility.h"
#include "services/hub/nodes/fact_table/fact_table.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RuleDivisionTest : public ::testing::Test {
 protected:
  RuleDivisionTest() {
    Add("web1", "web", R"({"env":"prod"})");
    Add("web2", "web", R"({"env":"test"})");
    Add("db1", "db", R"({"env":"prod","trusted":{"role":"web"}})");  // what it says of itself is dropped
    Add("new1", "", R"({"env":"prod"})");
  }

  void Add(const std::string& identity, const std::string& role, const std::string& facts) {
    const auto slot = table_.Upsert(identity, ParseJsonObject(facts, "facts").value(), {}, {}, {});
    ASSERT_TRUE(slot.ok()) << slot.status();
    if (!role.empty()) table_.SetHubFact(*slot, Json{{"role", role}});
  }

  // Of every share: who decides, whether it allows, and which nodes.
  std::vector<std::string> Divide(const std::string& yaml, absl::Time now = absl::UnixEpoch()) {
    std::vector<auth::AccessProblem> problems;
    auto rules = auth::AccessRules::Parse(yaml, "access.yaml", &problems);
    EXPECT_TRUE(rules.ok()) << rules.status();
    if (!rules.ok()) return {};
    rules_ = *std::move(rules);
    auth::AccessRequest request;
    request.caller.id = "client=alice";
    request.verb = auth::Verb::kInvoke;
    request.plugin = "service";
    request.action = "restart";
    request.now = now;
    const auto speaking = rules_.For(request);
    ColumnNames names;
    AddRuleColumns(speaking, &names);
    const FactSnapshot facts = table_.Freeze(names);
    StepBudget budget;
    const auto shares = DivideAmongRules(speaking, now, facts, facts.live(), &budget);
    EXPECT_TRUE(shares.ok()) << shares.status();
    std::vector<std::string> texts;
    for (const RuleShare& share : *shares) {
      std::string text =
          (share.rule == nullptr ? "nobody" : share.rule->place) + (share.allowed ? " allows" : " denies");
      share.nodes.ForEach([&](Slot slot) { text += " " + facts.names().identity(slot); });
      texts.push_back(text);
    }
    return texts;
  }

  FactTable table_;
  auth::AccessRules rules_;
};

TEST_F(RuleDivisionTest, TheFirstRuleWhoseNodesFitDecides) {
  EXPECT_THAT(Divide("rules:\n"
                     "  - {callers: client=alice, deny: invoke, actions: service.restart, nodes: trusted.role=db}\n"
                     "  - {callers: client=alice, allow: invoke, actions: service.*}\n"),
              ElementsAre("access.yaml:2 denies db1", "access.yaml:3 allows web1 web2 new1"));
}

TEST_F(RuleDivisionTest, WhatNoRuleFitsIsDenied) {
  EXPECT_THAT(
      Divide("rules:\n  - {callers: client=alice, allow: invoke, actions: service.*, nodes: trusted.role=web}\n"),
      ElementsAre("access.yaml:2 allows web1 web2", "nobody denies db1 new1"));
  EXPECT_THAT(Divide("rules:\n  - {callers: client=bob, allow: invoke, actions: \"*\"}\n"),
              ElementsAre("nobody denies web1 web2 db1 new1"));
}

// A node that says otherwise of itself can lose what a rule gives, and gets into no later rule.
TEST_F(RuleDivisionTest, FactsNarrowAndNeverWiden) {
  EXPECT_THAT(
      Divide(
          "rules:\n"
          "  - {callers: client=alice, allow: invoke, actions: service.*, nodes: trusted.role=web, facts: env=prod}\n"
          "  - {callers: client=alice, allow: invoke, actions: service.*, nodes: trusted.role=web}\n"),
      ElementsAre("access.yaml:2 allows web1", "access.yaml:2 denies web2", "nobody denies db1 new1"));
}

TEST_F(RuleDivisionTest, OutsideItsHoursARuleThatAllowsDenies) {
  const std::string yaml =
      "rules:\n  - {callers: client=alice, allow: invoke, actions: service.*, hours: \"* 08:00-18:00\"}\n";
  const absl::Time midnight = absl::FromUnixSeconds(1'700'006'400);  // 2023-11-15 00:00 UTC
  EXPECT_THAT(Divide(yaml, midnight + absl::Hours(9)), ElementsAre("access.yaml:2 allows web1 web2 db1 new1"));
  EXPECT_THAT(Divide(yaml, midnight + absl::Hours(19)), ElementsAre("access.yaml:2 denies web1 web2 db1 new1"));
}

TEST_F(RuleDivisionTest, AGeneralDecisionNeedsARuleForEveryNode) {
  Divide("rules:\n  - {callers: client=alice, allow: invoke, actions: service.*, nodes: trusted.role=web}\n");
  auth::AccessRequest request;
  request.caller.id = "client=alice";
  request.verb = auth::Verb::kInvoke;
  request.plugin = "service";
  request.action = "restart";
  const auto rules = rules_.For(request);
  EXPECT_TRUE(auth::DecideForSomeNode(rules, absl::UnixEpoch()).allowed);
  EXPECT_FALSE(auth::DecideForEveryNode(rules, absl::UnixEpoch()).allowed);
  EXPECT_FALSE(AllowsEveryNode(rules, absl::UnixEpoch()));
}

}  // namespace
}  // namespace orch::hub

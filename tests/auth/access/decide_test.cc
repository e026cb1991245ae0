// Decisions without a node, and rules in words.
#include "auth/access/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/access/describe_rule.h"

namespace orch::auth {
namespace {

using ::testing::ElementsAre;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'003'200);  // 2026-11-18T12:00:00Z, a Wednesday

std::string ForSomeNode(absl::string_view rules) {
  const auto parsed = AccessRules::Parse(absl::StrCat("rules:\n", rules), "f", nullptr);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  if (!parsed.ok()) return "";
  AccessRequest request;
  request.caller.id = "client=a";
  request.verb = Verb::kRead;
  const AccessDecision decision = DecideForSomeNode(parsed->For(request), kNoon);
  EXPECT_EQ(decision.allowed, decision.reason.empty());
  return absl::StrCat(decision.allowed ? "yes " : "no ", decision.rule == nullptr ? "-" : decision.rule->place);
}

TEST(DecideForSomeNodeTest, OneNodeThatMayBeAllowedIsEnough) {
  EXPECT_EQ(ForSomeNode("- {callers: client=a, allow: read, nodes: trusted.x=y}\n"), "yes f:2");
  EXPECT_EQ(ForSomeNode("- {callers: client=a, deny: read, nodes: trusted.x=y}\n- {callers: '*', allow: read}\n"),
            "yes f:3");
  EXPECT_EQ(ForSomeNode("- {callers: client=a, deny: read}\n- {callers: '*', allow: read}\n"), "no f:2");
  EXPECT_EQ(ForSomeNode("- {callers: client=a, deny: read, hours: '* 00:00-01:00'}\n- {callers: '*', allow: read}\n"),
            "yes f:3");
  EXPECT_EQ(ForSomeNode("- {callers: client=a, allow: read, hours: '* 00:00-01:00'}\n- {callers: '*', allow: read}\n"),
            "no f:2");
  EXPECT_EQ(ForSomeNode("- {callers: client=a, allow: read, hours: '* 00:00-01:00', nodes: trusted.x=y}\n"
                        "- {callers: '*', allow: read}\n"),
            "yes f:3");
  EXPECT_EQ(ForSomeNode("- {callers: client=b, allow: read}\n"), "no -");
}

TEST(DescribeRuleTest, RulesAndTheirDemandsInWords) {
  const auto rules = AccessRules::Parse(
      "roles:\n  r: [{allow: [read, invoke], actions: [a.b, c.*], inputs: {s: [x, /y.*/]}, collective: eu}]\n"
      "rules:\n  - {callers: client=a, role: r, nodes: [-I web1, trusted.x=y], facts: os=z, hours: '* 08:00-18:00', "
      "max_targets: 10%, concurrency: 3, require: [reason, ticket], approval: {count: 2, above: 5, from: client=b}}\n",
      "f", nullptr);
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(
      DescribeRule(rules->rules()[0]),
      "f:4 (role r): allow read, invoke of a.b, c.* with s=x|/y.*/ in collective eu on nodes -I web1 and trusted.x=y "
      "with facts os=z at * 08:00-18:00");
  EXPECT_THAT(DemandsOf(rules->rules()[0]),
              ElementsAre("at most 10% of the nodes", "at most 3 at once", "a reason", "a ticket",
                          "the hours * 08:00-18:00", "2 approvals of client=b above 5 nodes"));
}

}  // namespace
}  // namespace orch::auth

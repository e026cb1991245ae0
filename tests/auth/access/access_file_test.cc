// Faults of access.yaml: each has its line and its remedy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "auth/access/access_rules.h"

namespace orch::auth {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> Problems(absl::string_view text) {
  std::vector<AccessProblem> problems;
  const auto rules = AccessRules::Parse(text, "f", &problems);
  std::vector<std::string> texts;
  bool fatal = false;
  for (const AccessProblem& problem : problems) {
    texts.push_back(absl::StrCat(problem.fatal ? "" : "warning: ", problem.place, ": ", problem.text));
    fatal = fatal || problem.fatal;
  }
  EXPECT_EQ(rules.ok(), !fatal) << text;
  if (!rules.ok()) {
    EXPECT_EQ(rules.status().code(), absl::StatusCode::kInvalidArgument);
  }
  return texts;
}

// The file with one more rule in line 2.
std::vector<std::string> RuleProblems(absl::string_view rule) {
  return Problems(absl::StrCat("rules:\n  - ", rule, "\n  - {callers: client=admin, role: admin}\n"));
}

TEST(AccessFileTest, EveryFaultOfARuleHasItsLineAndRemedy) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"{callers: client=a, allows: read}", "f:2: 'allows' is no key of a rule; did you mean allow?"},
      {"{callers: client=a}", "f:2: the rule decides nothing"},
      {"{callers: client=a, allow: read, deny: read}", "f:2: write only one of"},
      {"{callers: client=a, allow: read, role: viewer}", "f:2: write only one of"},
      {"{callers: client=a, allow: }", "f:2: 'allow' has no value"},
      {"{callers: client=a, allow: []}", "f:2: the list 'allow' is empty"},
      {"{callers: client=a, allow: reed}", "f:2: 'reed' is no verb; did you mean read?"},
      {"{callers: client=a, allow: 'read, invoke'}", "write several as a list"},
      {"{callers: client=a, allow: read, allow: read}", "f:2: key 'allow' is given twice, first in line 2"},
      {"{allow: read}", "f:2: the rule names no callers"},
      {"{callers: alice, allow: read}", "f:2: 'alice' names no caller"},
      {"{callers: {a: b}, allow: read}", "f:2: 'callers' takes a text or a list of texts"},
      {"{callers: [client=a, [b]], allow: read}", "f:2: 'callers' takes a text or a list of texts"},
      {"{callers: group=web, allow: read}", "f:2: there is no group 'web'"},
      {"{callers: client=a, role: vewer}", "f:2: there is no role 'vewer'; did you mean viewer?"},
      {"{callers: client=a, allow: invoke, actions: package}", "f:2: 'package' names no actions"},
      {"{callers: client=a, allow: invoke, actions: pack*.x}", "f:2: 'pack*.x' names no actions"},
      {"{callers: client=a, allow: read, actions: a.b}", "this rule does not speak of 'invoke'"},
      {"{callers: client=a, allow: read, max_targets: 5}", "this rule does not speak of 'invoke'"},
      {"{callers: client=a, deny: invoke, require: reason}", "this rule denies"},
      {"{callers: client=a, deny: invoke, facts: os=x}", "because a node could escape it"},
      {"{callers: client=a, deny: invoke, collective: web}", "because a request escapes it"},
      {"{callers: client=a, allow: invoke, nodes: os=Debian}", "'os' is a fact that a node says of itself"},
      {"{callers: client=a, allow: invoke, nodes: trusted=web}", "demand a fact with 'facts:'"},
      {"{callers: client=a, allow: invoke, nodes: apache}", "'apache' is a class"},
      {"{callers: client=a, allow: invoke, nodes: -A package}", "no plugins and data functions"},
      {"{callers: client=a, allow: invoke, nodes: \"trusted.a=b and os=c\"}",
       "'os' is a fact that a node says of itself"},
      {"{callers: client=a, allow: invoke, nodes: \"fact('trusted.a').exists=true\"}", "no plugins and data functions"},
      {"{callers: client=a, allow: invoke, nodes: []}", "f:2: the list 'nodes' is empty"},
      {"{callers: client=a, allow: invoke, nodes: }", "f:2: 'nodes' has no value"},
      {"{callers: client=a, allow: invoke, nodes: ''}", "f:2: 'nodes' takes a text"},
      {"{callers: client=a, allow: invoke, nodes: 'trusted.a='}", "f:2: -S: column 11"},
      {"{callers: client=a, allow: invoke, nodes: -I web*}", "^web.*$"},
      {"{callers: client=a, allow: invoke, nodes: -Z web}", "f:2: unknown filter option"},
      {"{callers: client=a, allow: invoke, facts: -I web}", "'facts' takes no identities"},
      {"{callers: client=a, allow: invoke, facts: \"fstat('/x').output=present\"}", "'facts' takes no data functions"},
      {"{callers: client=a, allow: invoke, inputs: {}}", "f:2: 'inputs' takes a mapping"},
      {"{callers: client=a, allow: invoke, inputs: {a: []}}", "f:2: the texts of input 'a' are missing"},
      {"{callers: client=a, allow: invoke, inputs: {a: /(/}}", "f:2: the regular expression /(/ is refused"},
      {"{callers: client=a, allow: invoke, hours: always}", "f:2: hours 'always'"},
      {"{callers: client=a, allow: invoke, max_targets: 0}", "f:2: 'max_targets' takes a whole number from 1"},
      {"{callers: client=a, allow: invoke, max_targets: 101%}", "f:2: 'max_targets' takes 1% to 100%"},
      {"{callers: client=a, allow: invoke, max_targets: -1}", "f:2: 'max_targets' takes a whole number from 1"},
      {"{callers: client=a, allow: invoke, concurrency: many}", "f:2: 'concurrency' takes a whole number"},
      {"{callers: client=a, allow: invoke, require: reasons}", "f:2: 'reasons' cannot be required"},
      {"{callers: client=a, allow: invoke, approval: 2}", "f:2: 'approval' takes a mapping"},
      {"{callers: client=a, allow: invoke, approval: {count: 0}}", "f:2: 'count' takes a whole number from 1"},
      {"{callers: client=a, allow: invoke, approval: {from: []}}", "f:2: 'from' names nobody"},
      {"{callers: client=a, allow: invoke, approval: {within: 3}}", "f:2: '3' is no duration"},
      {"{callers: client=a, allow: invoke, approval: {within: 31d}}", "f:2: 'within' takes 1m to 30d"},
      {"{callers: client=a, allow: invoke, approval: {by: client=x}}", "f:2: 'by' is no key of an approval"},
      {"read", "f:2: a rule is a mapping"},
      {"{callers: *, allow: read}", "f:2: "},
      {"&x {callers: client=a, allow: read}", "f:2: anchors"},
      {"!!map {callers: client=a, allow: read}", "f:2: the tag"},
  };
  for (const auto& [rule, expected] : kWrong) {
    const std::vector<std::string> problems = RuleProblems(rule);
    EXPECT_THAT(problems, Contains(HasSubstr(expected))) << rule;
    ASSERT_THAT(problems, Not(IsEmpty())) << rule;
    EXPECT_THAT(problems[0], StartsWith("f:2: ")) << rule;
  }
}

TEST(AccessFileTest, FaultsAtOtherPlaces) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"", "f:1: the file holds no rules"},
      {"# nothing\n", "f:1: the file holds no rules"},
      {"- a\n", "f:1: a mapping with 'rules:' is expected"},
      {"rules: []\n", "f:1: 'rules:' with a list of rules is missing"},
      {"groups: {a: [client=b]}\n", "'rules:' with a list of rules is missing"},
      {"rule:\n  - {callers: client=a, role: admin}\n", "f:1: 'rule' is no key of access.yaml; did you mean rules?"},
      {"rules: [\n", "f:2: not valid YAML"},
      {"a: b: c\n", "f:1: not valid YAML"},
      {"rules:\n---\nrules:\n", "more than one YAML document"},
      {"groups:\n  a: [client=b]\n  a: [client=c]\n", "f:3: 'a' stands twice below 'groups', first in line 2"},
      {"groups:\n  a: [group=b]\n", "a group holds callers and no other groups"},
      {"groups:\n  a b: [client=b]\n", "f:2: 'a b' below 'groups' is no name"},
      {"groups: [a]\n", "f:1: 'groups' takes a mapping"},
      {"roles:\n  admin: [{allow: read}]\n", "f:2: the role 'admin' is built in"},
      {"roles:\n  r: {allow: read}\n", "f:2: role 'r' takes a list of rules"},
      {"roles:\n  r: [read]\n", "f:2: a rule of role 'r' is a mapping"},
      {"roles:\n  r: [{allow: read, callers: client=a}]\n", "f:2: 'callers' is no key of a role's rule"},
      {"roles:\n  r: [{role: admin}]\n", "f:2: 'role' is no key of a role's rule"},
      {"freeze: {from: 2026-12-20}\n", "f:1: 'freeze' takes a list"},
      {"freeze:\n  - {from: 2026-12-20}\n", "f:2: the freeze has no 'to'"},
      {"freeze:\n  - {from: 2026-12-20, to: 2026-12-19}\n", "f:2: the freeze ends before it begins"},
      {"freeze:\n  - {from: 2026-12-20, to: 2026-12-32}\n", "f:2: '2026-12-32' is no date"},
      {"freeze:\n  - {from: 2026-12-20, to: 2026-12-21, except: alice}\n", "f:2: 'alice' names no caller"},
      {"collectives:\n  web:\n", "f:2: "},
      {"collectives:\n  web: os=x\n", "f:2: collective 'web': 'os' is a fact"},
      {"collectives:\n  web: []\n", "f:2: collective 'web' takes a filter"},
      {"rules:\n  - {callers: client=\xff}\n", "f:2: "},
  };
  for (const auto& [text, expected] : kWrong) EXPECT_THAT(Problems(text), Contains(HasSubstr(expected))) << text;
}

TEST(AccessFileTest, AllFaultsAreToldInTheOrderOfLines) {
  EXPECT_THAT(Problems("rules:\n"
                       "  - {callers: alice, allow: read}\n"
                       "  - {callers: client=a, allows: read}\n"
                       "groups:\n"
                       "  g: [bob]\n"),
              ElementsAre(HasSubstr("f:2: 'alice'"), HasSubstr("f:3: 'allows'"), HasSubstr("f:3: the rule decides"),
                          HasSubstr("f:5: group 'g'"), HasSubstr("warning: f:5: no rule names")));
}

TEST(AccessFileTest, FaultsAreBoundedAndAFatalOneIsNeverLeftOut) {
  std::string text = "groups:\n";
  for (size_t i = 0; i < kMaxAccessProblems + 50; ++i) absl::StrAppend(&text, "  g", i, ": [client=a]\n");
  absl::StrAppend(&text, "rules: [{callers: client=a, role: admin}]\nfreeze: x\n");
  const std::vector<std::string> problems = Problems(text);
  EXPECT_THAT(problems, SizeIs(kMaxAccessProblems + 1));
  EXPECT_THAT(problems, Contains(HasSubstr("'freeze' takes a list")));
  EXPECT_THAT(problems.back(), HasSubstr("51 more problems are not listed"));
}

TEST(AccessFileTest, WhatMeansNothingIsAWarning) {
  EXPECT_THAT(Problems("rules: [{callers: client=a, role: admin}]"), IsEmpty());
  EXPECT_THAT(Problems("rules: [{callers: client=a, role: viewer}]"),
              ElementsAre(HasSubstr("warning: f:1: no rule lets anybody administer")));
  EXPECT_THAT(RuleProblems("{callers: [], role: viewer}"),
              ElementsAre(HasSubstr("warning: f:2: role 'viewer' names nobody")));
  EXPECT_THAT(RuleProblems("{callers: [], allow: read}"),
              ElementsAre(HasSubstr("warning: f:2: the rule names nobody")));
  EXPECT_THAT(
      Problems("groups: {g: [client=b]}\nroles: {r: [{allow: read}]}\nrules: [{callers: client=a, role: admin}]"),
      ElementsAre(HasSubstr("f:1: no rule names the group 'g'"), HasSubstr("f:2: no rule gives the role 'r'")));
  EXPECT_THAT(Problems("groups: {g: []}\nrules: [{callers: group=g, role: admin}, {callers: client=a, role: admin}]"),
              ElementsAre(HasSubstr("f:1: the group 'g' is empty"), HasSubstr("f:2: role 'admin' names nobody")));
}

TEST(AccessFileTest, RulesThatNeverDecideAreWarned) {
  const std::string kNever = "warning: f:3: the rule never decides, because the rule at f:2 decides before it";
  const auto two = [](absl::string_view first, absl::string_view second) {
    return Problems(
        absl::StrCat("rules:\n  - {", first, "}\n  - {", second, "}\n  - {callers: client=root, role: admin}\n"));
  };
  EXPECT_THAT(two("callers: client=a, allow: read", "callers: client=a, deny: read"), ElementsAre(kNever));
  EXPECT_THAT(two("callers: '*', allow: [read, invoke]", "callers: client=a, deny: invoke, actions: shell.run"),
              ElementsAre(kNever));
  EXPECT_THAT(two("callers: [client=a, client=b], allow: read", "callers: [client=b, client=a], role: viewer"),
              ElementsAre(kNever));
  EXPECT_THAT(two("callers: client=a, allow: invoke, actions: shell.*, nodes: trusted.a=b",
                  "callers: client=a, deny: invoke, actions: shell.run, nodes: trusted.a=b"),
              ElementsAre(kNever));
  EXPECT_THAT(two("callers: client=a, allow: invoke, facts: os=x", "callers: client=a, allow: invoke"),
              ElementsAre(kNever));
  for (const auto& [first, second] : std::vector<std::pair<const char*, const char*>>{
           {"callers: client=a, allow: read", "callers: client=b, allow: read"},
           {"callers: client=a, allow: read", "callers: '*', allow: read"},
           {"callers: client=a, allow: read", "callers: client=a, allow: [read, invoke]"},
           {"callers: client=a, allow: invoke, actions: shell.run",
            "callers: client=a, allow: invoke, actions: shell.*"},
           {"callers: client=a, allow: invoke, nodes: trusted.a=b", "callers: client=a, allow: invoke"},
           {"callers: client=a, allow: invoke, inputs: {a: b}", "callers: client=a, allow: invoke"},
           {"callers: client=a, allow: invoke, collective: web", "callers: client=a, allow: invoke"},
           {"callers: client=a, deny: invoke, hours: '* 08:00-09:00'", "callers: client=a, allow: invoke"},
       }) {
    EXPECT_THAT(two(first, second), IsEmpty()) << first << " / " << second;
  }
}

TEST(AccessFileTest, RolesAndRulesThatCannotBeCombinedAreRefused) {
  const auto with = [](absl::string_view of_role, absl::string_view outer) {
    return Problems(absl::StrCat("roles:\n  r: [{", of_role, "}]\nrules:\n  - {callers: client=a, role: r, ", outer,
                                 "}\n  - {callers: client=b, role: admin}\n"));
  };
  EXPECT_THAT(with("allow: invoke, inputs: {a: b}", "inputs: {a: c}"),
              ElementsAre(HasSubstr("f:4: input 'a' is restricted by the role too (f:2)")));
  EXPECT_THAT(with("allow: invoke, approval: {count: 1}", "approval: {count: 2}"),
              ElementsAre(HasSubstr("f:4: approval is demanded by the role too (f:2)")));
  EXPECT_THAT(with("deny: invoke", "facts: os=x"), ElementsAre(HasSubstr("f:4: the role denies something (f:2)")));
  EXPECT_THAT(with("allow: invoke, nodes: -I /a/", "nodes: -I /b/"),
              ElementsAre(HasSubstr("f:4: both this rule and its role name identities")));
  EXPECT_THAT(with("allow: invoke, nodes: -I a", "nodes: -I b"),
              ElementsAre(HasSubstr("warning: f:4: what the rule adds excludes all")));
  EXPECT_THAT(with("allow: invoke, actions: a.b", "actions: b.*"),
              ElementsAre(HasSubstr("warning: f:4: what the rule adds excludes all")));
}

TEST(AccessFileTest, SizesAreBounded) {
  EXPECT_THAT(Problems(std::string(kMaxAccessFileBytes + 1, '#')), ElementsAre(HasSubstr("f:1: holds more than")));
  std::string many = "rules:\n";
  for (size_t i = 0; i <= kMaxAccessRules; ++i) absl::StrAppend(&many, "  - {callers: client=a, allow: read}\n");
  EXPECT_THAT(Problems(many), ElementsAre(HasSubstr("holds 10001 rules; 10000 are accepted")));
  std::string group = "groups: {g: [";
  for (int i = 0; i < 1'000; ++i) absl::StrAppend(&group, "client=c", i, ",");
  absl::StrAppend(&group, "]}\nrules:\n");
  for (int i = 0; i < 300; ++i) absl::StrAppend(&group, "  - {callers: group=g, allow: invoke, actions: p", i, ".a}\n");
  EXPECT_THAT(Problems(group), Contains(HasSubstr("more than 200000 callers")));
  std::string deep(40, '[');
  EXPECT_THAT(Problems("rules: " + deep), ElementsAre(HasSubstr("f:1: ")));
}

}  // namespace
}  // namespace orch::auth

// What rules decide.
#include "auth/access/access_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "auth/access/decide.h"
#include "tests/auth/access/fake_node_view.h"

namespace orch::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSample[] = R"(
groups:
  web-team: [client=alice, user=bob, cert=/ci-.*/, unix-group=web]
roles:
  web-operator:
    - {allow: [invoke, control], actions: [service.restart, service.status], inputs: {service: nginx}, nodes: trusted.role=web}
    - {allow: read, nodes: trusted.role=web}
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: group=web-team, role: web-operator}
  - {callers: [client=ci], deny: invoke, actions: "shell.*"}
  - {callers: "*", allow: read}
freeze:
  - {from: "2026-12-20T00:00:00Z", to: 2027-01-03, except: [client=peadmin], reason: holidays}
collectives: {web: trusted.role=web}
)";

const absl::Time kNow = absl::FromUnixSeconds(1'795'000'000);

AccessRules Rules(absl::string_view text) {
  std::vector<AccessProblem> problems;
  auto rules = AccessRules::Parse(text, "access.yaml", &problems);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return rules.ok() ? *std::move(rules) : AccessRules();
}

AccessRequest Request(const std::string& caller, Verb verb) {
  AccessRequest request;
  request.caller.id = caller;
  request.verb = verb;
  request.now = kNow;
  return request;
}

AccessRequest Invoke(const std::string& caller, const std::string& plugin, const std::string& action,
                     const Json* inputs = nullptr) {
  AccessRequest request = Request(caller, Verb::kInvoke);
  request.plugin = plugin;
  request.action = action;
  request.inputs = inputs;
  return request;
}

const FakeNodeView& Web() {
  static const auto* node = new FakeNodeView("web1", {{"trusted", {{"role", "web"}}}, {"os", "Debian"}});
  return *node;
}
const FakeNodeView& Db() {
  static const auto* node = new FakeNodeView("db1", {{"trusted", {{"role", "db"}}}, {"role", "web"}});
  return *node;
}

// "yes PLACE" or "no PLACE".
std::string Decided(const AccessRules& rules, const AccessRequest& request, const filter::NodeView& node,
                    absl::Time now = kNow) {
  const AccessDecision decision = Decide(rules.For(request), node, now);
  EXPECT_EQ(decision.reason.empty(), decision.allowed);
  return absl::StrCat(decision.allowed ? "yes " : "no ", decision.rule == nullptr ? "-" : decision.rule->place);
}

TEST(AccessRulesTest, TheFirstRuleThatFitsDecides) {
  const AccessRules rules = Rules(kSample);
  const Json nginx = {{"service", "nginx"}}, cron = {{"service", "cron"}};
  EXPECT_EQ(Decided(rules, Invoke("client=peadmin", "shell", "run"), Db()), "yes access.yaml:9");
  EXPECT_EQ(Decided(rules, Invoke("client=alice", "service", "restart", &nginx), Web()), "yes access.yaml:10");
  EXPECT_EQ(Decided(rules, Invoke("client=alice", "service", "restart", &nginx), Db()), "no -");
  EXPECT_EQ(Decided(rules, Invoke("client=alice", "service", "restart", &cron), Web()), "no -");
  EXPECT_EQ(Decided(rules, Invoke("client=alice", "service", "stop", &nginx), Web()), "no -");
  EXPECT_EQ(Decided(rules, Invoke("client=ci", "shell", "run"), Web()), "no access.yaml:11");
  EXPECT_EQ(Decided(rules, Request("client=alice", Verb::kRead), Web()), "yes access.yaml:10");
  EXPECT_EQ(Decided(rules, Request("client=alice", Verb::kRead), Db()), "yes access.yaml:12");
  EXPECT_EQ(Decided(rules, Request("client=alice", Verb::kAdminister), Web()), "no -");
  EXPECT_EQ(Decided(rules, Request("client=peadminx", Verb::kAdminister), Web()), "no -");
}

TEST(AccessRulesTest, RulesWithoutAFileAreForAdministrators) {
  const AccessRules rules = AccessRules::WithoutFile({"peadmin", "/.*/", "*"}, "orch");
  for (const char* caller : {"client=peadmin", "cert=peadmin", "user=root", "user=orch"}) {
    EXPECT_EQ(Decided(rules, Request(caller, Verb::kAdminister), Web()), "yes administrators of the hub's settings")
        << caller;
    EXPECT_THAT(rules.RolesOf({caller, {}}), ElementsAre("admin"));
  }
  for (const char* caller : {"client=root", "user=peadmin", "client=alice", "oidc=peadmin", ""}) {
    EXPECT_EQ(Decided(rules, Request(caller, Verb::kRead), Web()), "no -") << caller;
  }
  EXPECT_EQ(Decided(AccessRules::WithoutFile({}, ""), Request("user=", Verb::kRead), Web()), "no -");
  EXPECT_EQ(Decided(AccessRules(), Request("user=root", Verb::kRead), Web()), "no -");
}

TEST(AccessRulesTest, GroupsAndRolesOfACaller) {
  const AccessRules rules = Rules(kSample);
  EXPECT_THAT(rules.GroupsOf({"cert=ci-1", {}}), ElementsAre("web-team"));
  EXPECT_THAT(rules.GroupsOf({"user=eve", {"web"}}), ElementsAre("web-team"));
  EXPECT_THAT(rules.GroupsOf({"cert=xci-1", {}}), IsEmpty());
  EXPECT_THAT(rules.RolesOf({"user=eve", {"web"}}), ElementsAre("web-operator"));
  EXPECT_THAT(rules.RolesOf({"user=eve", {}}), IsEmpty());
}

TEST(AccessRulesTest, AFreezeHoldsForAllButItsExceptions) {
  const AccessRules rules = Rules(kSample);
  const absl::Time from = absl::FromCivil(absl::CivilSecond(2026, 12, 20), absl::UTCTimeZone());
  const absl::Time to = absl::FromCivil(absl::CivilSecond(2027, 1, 4), absl::UTCTimeZone());
  ASSERT_NE(rules.FrozenAt({"client=alice", {}}, from), nullptr);
  EXPECT_EQ(rules.FrozenAt({"client=alice", {}}, from)->reason, "holidays");
  EXPECT_EQ(rules.FrozenAt({"client=alice", {}}, from)->place, "access.yaml:14");
  EXPECT_EQ(rules.FrozenAt({"client=alice", {}}, from - absl::Seconds(1)), nullptr);
  EXPECT_NE(rules.FrozenAt({"client=alice", {}}, to - absl::Seconds(1)), nullptr);
  EXPECT_EQ(rules.FrozenAt({"client=alice", {}}, to), nullptr);
  EXPECT_EQ(rules.FrozenAt({"client=peadmin", {}}, from), nullptr);
}

TEST(AccessRulesTest, CollectivesAreFiltersOverLabels) {
  const AccessRules rules = Rules(kSample);
  ASSERT_TRUE(rules.collectives().contains("web"));
  EXPECT_EQ(filter::Narrow(rules.collectives().at("web"), Web()), filter::Verdict::kYes);
  EXPECT_EQ(filter::Narrow(rules.collectives().at("web"), Db()), filter::Verdict::kNo);
}

TEST(AccessRulesTest, FactsNarrowWhatLabelsAllow) {
  const AccessRules rules = Rules(R"(
rules:
  - {callers: client=a, allow: invoke, nodes: trusted.role=web, facts: os=Debian}
  - {callers: client=a, allow: invoke}
)");
  const FakeNodeView other("web2", {{"trusted", {{"role", "web"}}}, {"os", "RedHat"}});
  EXPECT_EQ(Decided(rules, Invoke("client=a", "p", "a"), Web()), "yes access.yaml:3");
  // A node whose fact does not fit cannot slip into the wider rule below.
  EXPECT_EQ(Decided(rules, Invoke("client=a", "p", "a"), other), "no access.yaml:3");
  EXPECT_EQ(Decided(rules, Invoke("client=a", "p", "a"), Db()), "yes access.yaml:4");
}

TEST(AccessRulesTest, HoursBoundWhatIsAllowedAndWhatIsDenied) {
  const AccessRules rules = Rules(R"(
rules:
  - {callers: client=a, deny: invoke, actions: x.*, hours: "* 08:00-12:00"}
  - {callers: client=a, allow: invoke, hours: "* 08:00-18:00"}
  - {callers: "*", allow: invoke}
)");
  const absl::Time day = absl::FromCivil(absl::CivilSecond(2026, 11, 27), absl::UTCTimeZone());
  EXPECT_EQ(Decided(rules, Invoke("client=a", "x", "a"), Web(), day + absl::Hours(9)), "no access.yaml:3");
  EXPECT_EQ(Decided(rules, Invoke("client=a", "x", "a"), Web(), day + absl::Hours(13)), "yes access.yaml:4");
  EXPECT_EQ(Decided(rules, Invoke("client=a", "x", "a"), Web(), day + absl::Hours(19)), "no access.yaml:4");
}

TEST(AccessRulesTest, InputsMustFitWhole) {
  const AccessRules rules = Rules(R"(
rules:
  - {callers: client=a, deny: invoke, actions: shell.run, inputs: {command: /.*rm.*/}}
  - {callers: client=a, allow: invoke, actions: shell.run, inputs: {command: [uptime, /ls .*/], user: www}}
  - {callers: client=a, allow: invoke, actions: package.*, inputs: {name: [vim, /lib.*/]}}
)");
  const auto decided = [&rules](const char* plugin, const Json& inputs) {
    const AccessRequest request = Invoke("client=a", plugin, "run", &inputs);
    return Decided(rules, request, Web());
  };
  EXPECT_EQ(decided("shell", {{"command", "uptime"}, {"user", "www"}}), "yes access.yaml:4");
  EXPECT_EQ(decided("shell", {{"command", "ls /tmp"}, {"user", "www"}}), "yes access.yaml:4");
  EXPECT_EQ(decided("shell", {{"command", "uptime"}}), "no -");
  EXPECT_EQ(decided("shell", {{"command", "uptime -p"}, {"user", "www"}}), "no -");
  EXPECT_EQ(decided("shell", {{"command", "ls /tmp\nreboot"}, {"user", "www"}}), "no -");
  EXPECT_EQ(decided("shell", {{"command", "ls\nrm -rf /"}, {"user", "www"}}), "no access.yaml:3");
  EXPECT_EQ(decided("package", {{"name", "vim"}}), "yes access.yaml:5");
  EXPECT_EQ(decided("package", {{"name", {"vim", "libc6"}}}), "yes access.yaml:5");
  EXPECT_EQ(decided("package", {{"name", {"vim", "bash"}}}), "no -");
  EXPECT_EQ(decided("package", {{"name", Json::array()}}), "no -");
  EXPECT_EQ(decided("package", {{"name", {{"a", "vim"}}}}), "no -");
  EXPECT_EQ(decided("shell", {{"command", {"uptime", "rm x"}}}), "no access.yaml:3");
  EXPECT_EQ(decided("package", Json::object()), "no -");
  // Without inputs, what may be allowed is shown, and what may be denied does not hide it.
  EXPECT_EQ(Decided(rules, Invoke("client=a", "shell", "run"), Web()), "yes access.yaml:4");
}

// The node fills in the default of an input that is not given, and it may be the one that is denied.
TEST(AccessRulesTest, ARuleThatDeniesFitsARequestThatLeavesTheInputToItsDefault) {
  const AccessRules rules = Rules(R"(
rules:
  - {callers: client=a, deny: invoke, actions: p.run, inputs: {force: "true"}}
  - {callers: client=a, allow: invoke, actions: p.run}
)");
  const auto decided = [&rules](const Json& inputs) {
    return Decided(rules, Invoke("client=a", "p", "run", &inputs), Web());
  };
  EXPECT_EQ(decided({{"force", false}}), "yes access.yaml:4");
  EXPECT_EQ(decided({{"force", true}}), "no access.yaml:3");
  EXPECT_EQ(decided(Json::object()), "no access.yaml:3");
}

TEST(AccessRulesTest, ACollectiveMustBeNamedByTheRequest) {
  const AccessRules rules = Rules("rules: [{callers: client=a, allow: invoke, collective: [web, db]}]");
  AccessRequest request = Invoke("client=a", "p", "a");
  EXPECT_THAT(rules.For(request), IsEmpty());
  request.collective = "db";
  EXPECT_EQ(rules.For(request).size(), 1u);
  request.collective = "dbx";
  EXPECT_THAT(rules.For(request), IsEmpty());
}

TEST(AccessRulesTest, WhatStandsBesideARoleNarrowsIt) {
  const AccessRules rules = Rules(R"(
roles:
  r:
    - {deny: invoke, actions: shell.*}
    - {allow: [read, invoke], actions: [package.*, "*.status", shell.run], nodes: [-I web1, -I web2], max_targets: 50, hours: "* 00:00-12:00"}
rules:
  - callers: client=a
    role: r
    actions: package.update
    nodes: [-I /1$/, trusted.role=web]
    max_targets: 10
    concurrency: 5
    require: [reason, ticket]
    approval: {count: 2, above: 3, from: client=lead, within: 2d}
    hours: "Fri 00:00-24:00"
)");
  ASSERT_EQ(rules.rules().size(), 1u);  // the role's first rule denies nothing that is left
  const AccessRule& rule = rules.rules()[0];
  EXPECT_EQ(rule.place, "access.yaml:7");
  EXPECT_EQ(rule.role, "r");
  EXPECT_EQ(rule.role_place, "access.yaml:5");
  EXPECT_THAT(rule.actions, ElementsAre("package.update"));
  EXPECT_THAT(rule.nodes.literal_identities(), ElementsAre("web1"));
  EXPECT_EQ(filter::Narrow(rule.nodes, Web()), filter::Verdict::kYes);
  EXPECT_EQ(filter::Narrow(rule.nodes, FakeNodeView("web2", Web().facts())), filter::Verdict::kNo);
  EXPECT_EQ(filter::Narrow(rule.nodes, FakeNodeView("web1")), filter::Verdict::kNo);
  EXPECT_EQ(rule.conditions.max_targets, 10u);
  EXPECT_EQ(rule.conditions.concurrency, 5u);
  EXPECT_TRUE(rule.conditions.needs_reason && rule.conditions.needs_ticket);
  EXPECT_EQ(rule.conditions.approvals, 2u);
  EXPECT_EQ(rule.conditions.approvals_above, 3u);
  EXPECT_EQ(rule.conditions.approval_within, absl::Hours(48));
  EXPECT_THAT(rule.conditions.approver_names, ElementsAre("client=lead"));
  EXPECT_TRUE(AnyFits(rule.conditions.approvers, {"client=lead", {}}));
  const absl::Time friday = absl::FromCivil(absl::CivilSecond(2026, 11, 27), absl::UTCTimeZone());
  EXPECT_TRUE(rule.hours.Holds(friday + absl::Hours(11)));
  EXPECT_FALSE(rule.hours.Holds(friday + absl::Hours(13)));
  EXPECT_FALSE(rule.hours.Holds(friday + absl::Hours(35)));
}

TEST(AccessRulesTest, TenThousandRulesAreFoundByTheirCaller) {
  std::string text = "rules:\n";
  for (int i = 0; i < 9'990; ++i) absl::StrAppend(&text, "  - {callers: client=c", i, ", allow: read}\n");
  for (int i = 0; i < 10; ++i)
    absl::StrAppend(&text, "  - {callers: client=/c.*/, allow: invoke, actions: p", i, ".*}\n");
  const AccessRules rules = Rules(text);
  ASSERT_EQ(rules.rules().size(), kMaxAccessRules);
  EXPECT_EQ(Decided(rules, Request("client=c9989", Verb::kRead), Web()), "yes access.yaml:9991");
  EXPECT_EQ(Decided(rules, Invoke("client=c7", "p3", "x"), Web()), "yes access.yaml:9995");
  EXPECT_EQ(rules.For(Request("client=c7", Verb::kRead)).size(), 1u);
}

TEST(AccessRulesTest, VerbsHaveNames) {
  for (const Verb verb : {Verb::kRead, Verb::kInvoke, Verb::kControl, Verb::kAdminister}) {
    EXPECT_EQ(*ParseVerb(VerbName(verb)), verb);
  }
  EXPECT_THAT(std::string(ParseVerb("reed").status().message()), HasSubstr("did you mean read?"));
}

}  // namespace
}  // namespace orch::auth

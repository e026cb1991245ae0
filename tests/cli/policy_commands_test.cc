// `orchctl policy` over files: no hub runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/json.h"
#include "tests/cli/run_cli.h"
#include "tests/support/temp_folder.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RunCli;

constexpr char kRules[] = R"(roles:
  web-operator:
    - {allow: [invoke, control], actions: service.restart, inputs: {service: nginx}, nodes: trusted.role=web, require: reason}
rules:
  - {callers: client=root, role: admin}
  - {callers: client=alice, role: web-operator}
  - {callers: client=dev, allow: invoke, facts: env=test}
  - {callers: unix-group=staff, allow: read}
)";
constexpr char kPolicy[] = "policy default deny\nallow\tclient=ops\tupdate\tos.family=Debian\tapache\n";

class PolicyCommandsTest : public ::testing::Test {
 protected:
  std::string Rules(absl::string_view text = kRules) { return folder_.Write("access.yaml", text); }
  static CliResult Test(std::vector<std::string> more) {
    more.insert(more.begin(), {"policy", "test"});
    return RunCli(more);
  }

  const TempFolder folder_;
};

TEST_F(PolicyCommandsTest, LintSaysThatFilesAreFine) {
  const std::string rules = Rules();
  folder_.Write("policies/package.policy", kPolicy);
  const CliResult result = RunCli({"policy", "lint", rules, folder_.Path("policies")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr(rules + ": OK, 4 rules\n"), HasSubstr("/policies/package.policy: OK\n")));
}

TEST_F(PolicyCommandsTest, LintListsEveryFaultWithItsLine) {
  const std::string rules = Rules("rules:\n  - {callers: alice, role: admin}\n  - {callers: client=a, allows: read}\n");
  const std::string policy = folder_.Write("package.policy", "deny client=a\n");
  const CliResult result = RunCli({"policy", "lint", folder_.path()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr(rules + ":2: error: 'alice' names no caller"),
                                HasSubstr(rules + ":3: error: 'allows' is no key of a rule; did you mean allow?"),
                                HasSubstr(policy + ":1: error: the line has 1 field"), Not(HasSubstr("OK"))));
  EXPECT_THAT(result.err, HasSubstr("denies everything until it is mended"));
  const Json json = ParseJson(RunCli({"policy", "lint", rules, "-j"}).out, "output").value_or(Json());
  EXPECT_EQ(json.value("ok", true), false);
  EXPECT_EQ(json["problems"][0]["place"], rules + ":2");
  EXPECT_EQ(json["problems"][0]["fatal"], true);
}

TEST_F(PolicyCommandsTest, LintOfOneFileIsSilentAboutItsNeighbours) {
  folder_.Write("bad.policy", "nonsense\n");
  folder_.Write("groups", "ops client=a\n");
  const std::string good = folder_.Write("good.policy", "policy default deny\nallow\tops\t*\t*\n");
  const CliResult result = RunCli({"policy", "lint", good});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_THAT(result.out, Not(HasSubstr("bad.policy")));
  EXPECT_EQ(RunCli({"policy", "lint", folder_.Path("groups")}).code, 0);
}

TEST_F(PolicyCommandsTest, WarningsAreNoFaults) {
  const CliResult result = RunCli({"policy", "lint", Rules("rules: [{callers: client=a, role: viewer}]")});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr(":1: warning: no rule lets anybody administer"));
}

TEST_F(PolicyCommandsTest, WhatIsNotThereIsNamed) {
  EXPECT_THAT(RunCli({"policy", "lint", "/nonexistent"}).err, HasSubstr("/nonexistent is not there"));
  EXPECT_THAT(RunCli({"policy", "lint", folder_.path()}).err, HasSubstr("neither access.yaml nor"));
  EXPECT_THAT(RunCli({"policy", "lint", "--hub", "x"}).err, HasSubstr("unexpected word 'x'"));
  EXPECT_THAT(RunCli({"policy", "diff"}).err, HasSubstr("no file of rules named"));
  EXPECT_THAT(RunCli({"policy", "diff", Rules("rules: x")}).err, HasSubstr("access.yaml:1: 'rules:' with a list"));
}

TEST_F(PolicyCommandsTest, TestSaysWhichRuleDecides) {
  const std::string rules = Rules();
  const std::vector<std::string> restart = {rules, "--caller", "client=alice", "--action", "service.restart"};
  const auto with = [&restart](std::vector<std::string> more) {
    more.insert(more.begin(), restart.begin(), restart.end());
    return Test(more);
  };
  const CliResult allowed = with({"--input", "service=nginx", "--node", "web1", "--label", "role=web"});
  EXPECT_EQ(allowed.code, 0) << allowed.err;
  EXPECT_EQ(allowed.out, absl::StrCat("web1: allowed by ", rules, ":6\ncondition: a reason (", rules, ":6)\n"));
  const CliResult other = with({"--input", "service=nginx", "--label", "role=db"});
  EXPECT_EQ(other.code, 2);
  EXPECT_EQ(other.out, "denied: no rule allows it\n");
  EXPECT_EQ(with({"--input", "service=cron", "--label", "role=web"}).code, 2);
  EXPECT_EQ(with({"--label", "role=web"}).code, 2);
  const CliResult somewhere = with({"--input", "service=nginx"});
  EXPECT_EQ(somewhere.code, 0);
  EXPECT_THAT(somewhere.out, HasSubstr(":6, for the nodes that the rule names"));
}

TEST_F(PolicyCommandsTest, TestKnowsFactsVerbsAndUnixGroups) {
  const std::string rules = Rules();
  const std::vector<std::string> dev = {rules, "--caller", "client=dev", "--action", "shell.run"};
  EXPECT_EQ(Test({dev[0], dev[1], dev[2], dev[3], dev[4], "--fact", "env=test"}).code, 0);
  const CliResult denied = Test({dev[0], dev[1], dev[2], dev[3], dev[4], "--fact", "env=prod"});
  EXPECT_EQ(denied.code, 2);
  EXPECT_THAT(denied.out, HasSubstr(":7: "));
  EXPECT_EQ(Test({rules, "--caller", "user=bob", "--verb", "read", "--unix-group", "staff"}).code, 0);
  EXPECT_EQ(Test({rules, "--caller", "user=bob", "--verb", "read"}).code, 2);
  EXPECT_EQ(Test({rules, "--caller", "client=root", "--verb", "administer"}).code, 0);
}

TEST_F(PolicyCommandsTest, TestReadsPolicyFiles) {
  const std::string policy = folder_.Write("package.policy", kPolicy);
  const CliResult allowed = Test({policy, "--caller", "client=ops", "--action", "package.update", "--fact",
                                  "os.family=Debian", "--class", "apache"});
  EXPECT_EQ(allowed.code, 0) << allowed.err;
  EXPECT_EQ(allowed.out, absl::StrCat("allowed by ", policy, ":2\n"));
  const CliResult denied = Test({policy, "--caller", "client=opsy", "--action", "package.update"});
  EXPECT_EQ(denied.code, 2);
  EXPECT_EQ(denied.out, absl::StrCat("denied by ", policy, ":1: no line allows it, and the default is to deny\n"));
  EXPECT_THAT(Test({policy, "--caller", "client=ops", "--action", "service.stop"}).err,
              HasSubstr("speaks of the plugin package"));
  EXPECT_THAT(Test({policy, "--caller", "client=ops"}).err, HasSubstr("decide about actions only"));
}

TEST_F(PolicyCommandsTest, AFolderOfBothMustAllowInBoth) {
  Rules("rules: [{callers: client=ops, allow: invoke}, {callers: client=root, role: admin}]");
  const std::string policy = folder_.Write("package.policy", kPolicy);
  const CliResult denied = Test({folder_.path(), "--caller", "client=ops", "--action", "package.purge"});
  EXPECT_EQ(denied.code, 2);
  EXPECT_THAT(denied.out, HasSubstr(policy + ":1"));
  EXPECT_EQ(Test({folder_.path(), "--caller", "client=ops", "--action", "service.stop"}).code, 0);
  EXPECT_EQ(Test({folder_.path(), "--caller", "client=eve", "--action", "service.stop"}).code, 2);
}

TEST_F(PolicyCommandsTest, ExplainShowsTheRulesInOrder) {
  const CliResult result =
      RunCli({"policy", "explain", Rules(), "--caller", "client=alice", "--action", "service.restart", "--input",
              "service=nginx", "--node", "db1", "--label", "role=db"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out,
              HasSubstr(":6 (role web-operator): allow invoke, control of service.restart with service=nginx "
                        "on nodes trusted.role=web\ndb1: denied: no rule allows it\n"));
  const Json json =
      ParseJson(RunCli({"policy", "explain", Rules(), "--caller", "client=root", "--verb", "read", "-j"}).out, "output")
          .value_or(Json());
  EXPECT_EQ(json["decisions"][0]["allowed"], true);
  EXPECT_EQ(json["considered"].size(), 1u);
}

TEST_F(PolicyCommandsTest, WrongWordsAreExplained) {
  const std::string rules = Rules();
  const std::pair<std::vector<std::string>, const char*> kWrong[] = {
      {{rules, "--verb", "read"}, "--caller client=NAME"},
      {{rules, "--caller", "alice"}, "option --caller: 'alice' is no caller"},
      {{rules, "--caller", "client=a", "--verb", "reed"}, "did you mean read?"},
      {{rules, "--caller", "client=a", "--verb", "invoke"}, "--action PLUGIN.ACTION"},
      {{rules, "--caller", "client=a", "--verb", "read", "--action", "a.b"}, "--action belongs to --verb invoke"},
      {{rules, "--caller", "client=a", "--action", "package"}, "option --action: 'package' is not PLUGIN.ACTION"},
      {{rules, "--caller", "client=a", "--action", "package.*"}, "is not PLUGIN.ACTION"},
      {{rules, "--caller", "client=a", "--input", "a=b"}, "--input needs --action"},
      {{rules, "--caller", "client=a", "--action", "a.b", "--input", "x"}, "option --input: 'x' is not KEY=VALUE"},
      {{rules, "--caller", "client=a", "--fact", "trusted.role=web"}, "labels are given with --label"},
      {{rules, "--caller", "client=a", "--fact", "a=b", "--fact", "a.b=c"}, "contradicts another one"},
      {{rules, "--caller", "client=a", "--node", "a b"}, "option --node: 'a b' is no node"},
      {{rules, "--caller", "client=a", "--at", "soon"}, "option --at"},
      {{rules, rules}, "unexpected word"},
      {{"--caller", "client=a", "--label", "role=web"}, "describe a node for rules in a file"},
      {{folder_.Write("bad.yaml", "rules: x"), "--caller", "client=a"}, "bad.yaml:1: 'rules:' with a list"},
  };
  for (const auto& [words, expected] : kWrong) {
    const CliResult result = Test(words);
    EXPECT_EQ(result.code, 1) << expected;
    EXPECT_THAT(result.err, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace orch::cli

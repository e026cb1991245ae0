#include "auth/access/action_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/access/policy_folder.h"
#include "tests/auth/access/fake_node_view.h"

namespace orch::auth {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeFunctions final : public filter::DataFunctions {
 public:
  explicit FakeFunctions(absl::StatusOr<Json> answer) : answer_(std::move(answer)) {}
  absl::StatusOr<Json> Call(absl::string_view, const std::vector<std::string>&) override { return answer_; }

 private:
  const absl::StatusOr<Json> answer_;
};

ActionPolicy ParsedPolicy(absl::string_view text, std::vector<AccessProblem>* problems = nullptr) {
  return ActionPolicy::Parse(text, "f", PolicyGroups(), problems);
}

std::vector<std::string> PolicyProblems(absl::string_view text) {
  std::vector<AccessProblem> problems;
  const ActionPolicy policy = ParsedPolicy(text, &problems);
  std::vector<std::string> texts;
  for (const AccessProblem& problem : problems) {
    texts.push_back(absl::StrCat(problem.fatal ? "" : "warning: ", problem.place, ": ", problem.text));
  }
  return texts;
}

std::string PolicyDecided(const ActionPolicy& policy, const std::string& caller, absl::string_view action,
                          filter::DataFunctions* functions = nullptr) {
  const FakeNodeView node("n", {{"os", "Debian"}}, {"apache"});
  const PolicyDecision decision = policy.Evaluate({caller, {}}, action, node, functions);
  EXPECT_EQ(decision.allowed, decision.reason.empty());
  return absl::StrCat(decision.allowed ? "allow " : "deny ", decision.place);
}

TEST(ActionPolicyTest, GoldenVectorsDecideAsWritten) {
  const std::string folder = ORCH_POLICIES;
  const PolicyFolder policies({.folder = folder, .check_owners = false});
  for (const AccessProblem& problem : policies.current()->problems()) EXPECT_FALSE(problem.fatal) << problem.text;
  std::ifstream file(folder + "/vectors.txt");
  int vectors = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> parts = absl::StrSplit(line, '|');
    ASSERT_EQ(parts.size(), 6u) << line;
    for (std::string& part : parts) part = std::string(absl::StripAsciiWhitespace(part));
    const FakeNodeView node("node1", *ParseJson(parts[3], "facts"), absl::StrSplit(parts[4], ' ', absl::SkipEmpty()));
    const std::vector<std::string> expected = absl::StrSplit(parts[5], ' ');
    const PolicyDecision decision = policies.current()->Evaluate({parts[1], {}}, parts[0], parts[2], node, nullptr);
    EXPECT_EQ(decision.allowed, expected[0] == "allow") << line;
    EXPECT_EQ(decision.place, absl::StrCat(folder, "/", parts[0], ".policy:", expected[1])) << line;
    ++vectors;
  }
  EXPECT_GT(vectors, 30);
}

TEST(ActionPolicyTest, WithoutADefaultWhatNoLineAllowsIsDenied) {
  std::vector<AccessProblem> problems;
  const ActionPolicy policy = ParsedPolicy("allow\tclient=a\t*\t*\t*\n", &problems);
  EXPECT_EQ(PolicyDecided(policy, "client=a", "x"), "allow f:1");
  EXPECT_EQ(PolicyDecided(policy, "client=b", "x"), "deny f");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_FALSE(problems[0].fatal);
  EXPECT_THAT(problems[0].text, HasSubstr("policy default deny"));
}

TEST(ActionPolicyTest, ALineThatCannotBeReadMakesTheFileDeny) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"permit\t*\t*\t*\t*", "f:2: 'permit' begins no line of a policy"},
      {"deny\tcert=rip\t*", "f:2: the line has 3 fields"},
      {"deny cert=rip * * *", "f:2: the line has 1 field"},
      {"deny  cert=rip *  *  *", "f:2: '*' among other callers"},
      {"deny cert=rip\t*\t*\t*", "f:2: the line has 4 fields"},
      {"deny\t*\t*\t*\t*\t*", "f:2: the line has 6 fields"},
      {"deny\trip\t*\t*\t*", "f:2: the group 'rip' is not in the file 'groups'"},
      {"deny\tcert=r*\t*\t*\t*", "f:2: 'cert=r*' names no caller"},
      {"deny\t* cert=a\t*\t*\t*", "f:2: '*' among other callers"},
      {"deny\tcert=a,cert=b\t*\t*\t*", "f:2: 'cert=a,cert=b' names no caller"},
      {"deny\t/(/\t*\t*\t*", "f:2: the regular expression"},
      {"deny\t*\tinstall,purge\t*\t*", "f:2: 'install,purge' names no action"},
      {"deny\t*\t* install\t*\t*", "f:2: '*' names no action"},
      {"deny\t*\t*\tos=\t*", "f:2: the facts: -W: column 4"},
      {"deny\t*\t*\tos=Debian *\t*", "f:2: '*' among the facts"},
      {"deny\t*\t*\tapache\t*", "f:2: 'apache': facts are comparisons"},
      {"deny\t*\t*\t(os=Debian\t*", "f:2: the facts: -S: column 1"},
      {"deny\t*\t*\t*\tapache # all", "f:2: '#' among the classes"},
      {"deny\t*\t*\t*\t/(/", "f:2: the classes: -C"},
      {"policy default", "f:2: write 'policy default deny'"},
      {"policy default allows", "f:2: write 'policy default deny'"},
      {"deny\tcert=\xff\t*\t*\t*", "f:2: "},
  };
  for (const auto& [line, expected] : kWrong) {
    std::vector<AccessProblem> problems;
    const std::string text = absl::StrCat("policy default allow\n", line, "\nallow\t*\t*\t*\t*\n");
    const ActionPolicy policy = ParsedPolicy(text, &problems);
    EXPECT_TRUE(policy.is_broken()) << line;
    EXPECT_EQ(PolicyDecided(policy, "cert=rip", "x"), "deny f") << line;
    EXPECT_THAT(PolicyProblems(text), Contains(HasSubstr(expected))) << line;
  }
}

TEST(ActionPolicyTest, WarningsDoNotChangeWhatIsDecided) {
  EXPECT_THAT(PolicyProblems("policy default deny\nallow\tclient=a\t*\t*\n"), IsEmpty());
  EXPECT_THAT(PolicyProblems("policy default deny\nallow  client=a  *  *\nallow  client=b  *  *\n"),
              ElementsAre(HasSubstr("warning: f:2: the fields are parted by blanks")));
  EXPECT_THAT(PolicyProblems("policy default deny\nallow\tuid=500\t*\t*\n"),
              ElementsAre(HasSubstr("warning: f:2: no caller is named uid=500")));
  EXPECT_THAT(PolicyProblems("policy default deny\npolicy default allow\n"),
              ElementsAre(HasSubstr("warning: f:2: replaces the default of line 1")));
}

TEST(ActionPolicyTest, FilesOfWindowsAreRead) {
  const ActionPolicy policy = ParsedPolicy("\xef\xbb\xbfpolicy default deny\r\nallow\tclient=a\tx y\t*\r\n");
  EXPECT_EQ(PolicyDecided(policy, "client=a", "y"), "allow f:2");
}

TEST(ActionPolicyTest, FactsAndClassesOfTheFourthFieldAlone) {
  EXPECT_EQ(PolicyDecided(ParsedPolicy("policy default deny\nallow\t*\t*\tapache os=Debian\n"), "client=a", "x"),
            "allow f:2");
  EXPECT_EQ(PolicyDecided(ParsedPolicy("policy default deny\nallow\t*\t*\tapache os=RedHat\n"), "client=a", "x"),
            "deny f:1");
  EXPECT_EQ(PolicyDecided(ParsedPolicy("policy default deny\nallow\t*\t*\tapache and !nginx\n"), "client=a", "x"),
            "allow f:2");
}

TEST(ActionPolicyTest, ADataFunctionThatFailsCountsAgainstTheCaller) {
  const std::string call = "fstat('/etc/lock').output=present";
  const ActionPolicy deny = ParsedPolicy(absl::StrCat("policy default allow\ndeny\t*\t*\t", call, "\n"));
  const ActionPolicy allow = ParsedPolicy(absl::StrCat("policy default deny\nallow\t*\t*\t", call, "\n"));
  EXPECT_TRUE(deny.has_data_functions());
  FakeFunctions present(Json{{"output", "present"}}), absent(Json{{"output", "missing"}}),
      failed(absl::InternalError("no"));
  EXPECT_EQ(PolicyDecided(deny, "client=a", "x", &present), "deny f:2");
  EXPECT_EQ(PolicyDecided(deny, "client=a", "x", &absent), "allow f:1");
  EXPECT_EQ(PolicyDecided(deny, "client=a", "x", &failed), "deny f:2");
  EXPECT_EQ(PolicyDecided(deny, "client=a", "x"), "deny f:2");
  EXPECT_EQ(PolicyDecided(allow, "client=a", "x", &present), "allow f:2");
  EXPECT_EQ(PolicyDecided(allow, "client=a", "x", &failed), "deny f:1");
  EXPECT_EQ(PolicyDecided(allow, "client=a", "x"), "deny f:1");
}

TEST(ActionPolicyTest, GroupsAreNotNestedAndAFaultMakesAllUnknown) {
  std::vector<AccessProblem> problems;
  const PolicyGroups good = PolicyGroups::Parse("# x\nops client=a\tclient=b\n", "groups", &problems);
  EXPECT_THAT(problems, IsEmpty());
  ASSERT_NE(good.Find("ops"), nullptr);
  EXPECT_TRUE(AnyFits(*good.Find("ops"), {"client=b", {}}));
  for (const char* text : {"ops client=a\nall ops\n", "ops client=a\nops client=b\n", "o/s client=a\nops client=a\n"}) {
    problems.clear();
    const PolicyGroups bad = PolicyGroups::Parse(text, "groups", &problems);
    EXPECT_EQ(bad.Find("ops"), nullptr) << text;
    ASSERT_EQ(problems.size(), 1u) << text;
    EXPECT_TRUE(problems[0].fatal);
    const ActionPolicy policy = ActionPolicy::Parse("policy default allow\ndeny\tops\t*\t*\n", "f", bad, &problems);
    EXPECT_EQ(PolicyDecided(policy, "client=z", "x"), "deny f") << text;
    EXPECT_THAT(problems.back().text, HasSubstr("because groups is not valid"));
  }
}

TEST(ActionPolicyTest, SizesAreBounded) {
  EXPECT_THAT(PolicyProblems(std::string(kMaxPolicyFileBytes + 1, '#')),
              ElementsAre(HasSubstr("f:1: holds more than")));
  std::string many = "policy default deny\n";
  for (size_t i = 0; i <= kMaxPolicyRules; ++i) absl::StrAppend(&many, "allow\t*\ta\t*\n");
  EXPECT_THAT(PolicyProblems(many), ElementsAre(HasSubstr("more than 10000 rules")));
}

}  // namespace
}  // namespace orch::auth

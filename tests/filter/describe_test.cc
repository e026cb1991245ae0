#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/filter_fixture.h"

namespace orch::filter {
namespace {

using ::testing::HasSubstr;

TEST(DescribeTest, ExpandsACompoundFilterAsUsersKnowIt) {
  EXPECT_EQ(Describe(*ParseOne(OptionKind::kCompound, "(osfamily=Debian or role=web) and not nginx")),
            "-S Query expands to the following instructions:\n"
            "\n"
            "  (\n"
            "    Check if fact 'osfamily' = 'Debian'\n"
            "    OR\n"
            "    Check if fact 'role' = 'web'\n"
            "  )\n"
            "  AND\n"
            "  NOT\n"
            "  Check if class 'nginx' is present on the host\n"
            "\n");
}

TEST(DescribeTest, GivesEachKindOfOptionItsBlock) {
  const std::vector<Option> options = {
      {OptionKind::kFact, "v >= 5"},   {OptionKind::kFact, "os!=/deb/i"},
      {OptionKind::kIdentity, "a"},    {OptionKind::kPlugin, "/^pack/"},
      {OptionKind::kIdentity, "/^b/"}, {OptionKind::kCompound, "puppet().enabled=true"}};
  EXPECT_EQ(Describe(*Filter::Parse(options)),
            "-I Query expands to the following instructions:\n\n"
            "  Check if the identity is 'a'\n  OR\n  Check if the identity matches /^b/\n\n"
            "-F Query expands to the following instructions:\n\n"
            "  Check if fact 'v' >= '5'\n  AND\n  Check if fact 'os' !~ /deb/i\n\n"
            "-A Query expands to the following instructions:\n\n"
            "  Check if a plugin that matches /^pack/ is present on the host\n\n"
            "-S Query expands to the following instructions:\n\n"
            "  Check if data function puppet().enabled = 'true'\n\n");
}

TEST(DescribeTest, KeepsGroupsOfSeveralOptionsApart) {
  const std::vector<Option> options = {{OptionKind::kCompound, "a or b"}, {OptionKind::kCompound, "not (c and d)"}};
  EXPECT_THAT(Describe(*Filter::Parse(options)),
              HasSubstr("  (\n    Check if class 'a' is present on the host\n    OR\n"
                        "    Check if class 'b' is present on the host\n  )\n  AND\n  NOT\n  (\n"));
}

TEST(DescribeTest, SaysThatNoFilterMatchesEveryNode) {
  EXPECT_EQ(Describe(Filter()), "No filter: every node matches\n");
}

TEST(DescribeTest, PutsNoControlCharacterOfTheFilterOnTheTerminal) {
  EXPECT_THAT(Describe(*ParseOne(OptionKind::kClass, "\x1b[2J")), ::testing::Not(HasSubstr("\x1b")));
}

class FailingFunctions : public DataFunctions {
 public:
  absl::StatusOr<Json> Call(absl::string_view, const std::vector<std::string>&) override {
    return absl::NotFoundError("no such file");
  }
};

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    node_.fact_values = {{"os", {{"family", "Debian"}, {"name", "Debian"}}},
                         {"cpus", 4},
                         {"ifs", {"eth0", "lo"}},
                         {"none", Json::array()}};
    node_.class_names = {"nginx", "common"};
    node_.plugin_names = {"rpcutil"};
  }
  std::string ExplainOne(const std::string& compound) {
    return Explain(*ParseOne(OptionKind::kCompound, compound), node_, nullptr);
  }
  TestNode node_;
};

TEST_F(ExplainTest, SaysForEachCheckWhatDecided) {
  EXPECT_EQ(ExplainOne("os.family=Debian and not (cpus>8 or role=web)"),
            "-S Query expands to the following instructions:\n"
            "\n"
            "  Check if fact 'os.family' = 'Debian'  → yes: it is 'Debian'\n"
            "  AND\n"
            "  NOT\n"
            "  (\n"
            "    Check if fact 'cpus' > '8'  → no: it is '4'\n"
            "    OR\n"
            "    Check if fact 'role' = 'web'  → no: the node has no such fact\n"
            "  )\n"
            "\n"
            "web-01.example.net matches\n");
}

TEST_F(ExplainTest, NamesTheElementsThatDecided) {
  EXPECT_THAT(ExplainOne("ifs=eth0"), HasSubstr("→ yes: it holds 'eth0'\n"));
  EXPECT_THAT(ExplainOne("ifs!=lo"), HasSubstr("→ no: it holds 'lo'\n"));
  EXPECT_THAT(ExplainOne("ifs=wlan0"), HasSubstr("→ no: it is an array of 'eth0', 'lo'\n"));
  EXPECT_THAT(ExplainOne("os=version"), HasSubstr("→ no: it is a map with the keys 'family', 'name'\n"));
  EXPECT_THAT(ExplainOne("none!=x"), HasSubstr("→ yes: nothing in it can be compared\n"));
  EXPECT_THAT(ExplainOne("/^n/"), HasSubstr("→ yes: 'nginx'\n"));
  EXPECT_THAT(ExplainOne("apache"), HasSubstr("→ no: none of its 2 classes\n"));
}

TEST_F(ExplainTest, SaysThatAFailedCallMakesTheWholeFilterFalse) {
  FailingFunctions functions;
  const std::string text = Explain(*ParseOne(OptionKind::kCompound, "nginx or fstat('/x').size>0"), node_, &functions);
  EXPECT_THAT(text, HasSubstr("'nginx' is present on the host  → yes: 'nginx'\n"));
  EXPECT_THAT(text, HasSubstr("the call failed, so the whole filter is false here: no such file"));
  EXPECT_THAT(text, HasSubstr("web-01.example.net does not match\n"));
}

TEST_F(ExplainTest, SaysThatOnlyTheNodeCanTellWhereADataFunctionDecides) {
  const std::string open = ExplainOne("nginx and fstat('/x').size>0");
  EXPECT_THAT(open, HasSubstr(" > '0'  → only the node can tell\n"));
  EXPECT_THAT(open, HasSubstr("only the node can tell whether web-01.example.net matches\n"));
  EXPECT_THAT(ExplainOne("not fstat('/x').size>0"), HasSubstr("only the node can tell whether web-01"));
  EXPECT_THAT(ExplainOne("apache and fstat('/x').size>0"), HasSubstr("web-01.example.net does not match\n"))
      << "whatever the function says";
  EXPECT_THAT(ExplainOne("nginx or fstat('/x').size>0"), HasSubstr("only the node can tell whether web-01"))
      << "a call that fails makes the whole filter false";
}

TEST_F(ExplainTest, ExplainsTheIdentityAndTheEmptyFilter) {
  EXPECT_THAT(Explain(*ParseOne(OptionKind::kIdentity, "/^db/"), node_, nullptr),
              HasSubstr("→ no: it is 'web-01.example.net'\n"));
  EXPECT_EQ(Explain(Filter(), node_, nullptr), "No filter: every node matches\nweb-01.example.net matches\n");
}

}  // namespace
}  // namespace orch::filter

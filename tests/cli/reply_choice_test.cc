// Which replies are shown, which of their fields, and equal ones together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/options/name_range.h"
#include "cli/options/reply_filter.h"
#include "cli/terminal/name_fold.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/fake_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(FoldNamesTest, NumbersBecomeRanges) {
  EXPECT_THAT(FoldNames({"web01.x", "web02.x", "web03.x", "web07.x", "db.x"}), ElementsAre("db.x", "web[01-03,07].x"));
  EXPECT_THAT(FoldNames({"n8", "n9", "n10", "n11"}), ElementsAre("n[8-11]"));
  EXPECT_THAT(FoldNames({"n08", "n09", "n10"}), ElementsAre("n[08-10]"));
  EXPECT_THAT(FoldNames({"n1", "n01", "n02"}), ElementsAre("n1", "n[01-02]"));
  EXPECT_THAT(FoldNames({"r1n01", "r1n02", "r2n01", "r2n02"}), ElementsAre("r1n[01-02]", "r2n[01-02]"));
  EXPECT_THAT(FoldNames({"web1.dc7.x", "web2.dc7.x", "web3.dc7.x"}), ElementsAre("web[1-3].dc7.x"));
  EXPECT_THAT(FoldNames({"a", "b", "a"}), ElementsAre("a", "b"));
  EXPECT_THAT(FoldNames({}), IsEmpty());
  EXPECT_THAT(FoldNames({std::string("n") + std::string(40, '1'), "n1"}),
              ElementsAre("n1", std::string("n") + std::string(40, '1')));
}

TEST(FoldNamesTest, FoldedNamesAreAcceptedByTheIdentityOption) {
  std::vector<std::string> names;
  for (int i = 95; i < 105; ++i) {
    names.push_back(absl::StrFormat("a%d.example.net", i));
    names.push_back(absl::StrFormat("b%04d.example.net", i));
  }
  std::vector<std::string> back;
  for (const std::string& word : FoldNames(names)) {
    const auto expanded = ExpandNameRange(word);
    ASSERT_TRUE(expanded.ok()) << word;
    back.insert(back.end(), expanded->begin(), expanded->end());
  }
  EXPECT_THAT(back, ::testing::UnorderedElementsAreArray(names));
}

TEST(ReplyFilterTest, ComparesFieldsOfTheData) {
  const Json data = {{"ensure", "present"}, {"version", 10}, {"os", {{"family", "Debian"}}}, {"tags", {"a", "b"}}};
  for (const char* yes : {"ensure=present", "version>9 and not ensure=absent", "os.family=/^Deb/", "tags=b"})
    EXPECT_TRUE(ReplyFilter::Parse(yes)->Matches(data)) << yes;
  for (const char* no : {"ensure=absent", "version<10", "other=1", "not tags=a"})
    EXPECT_FALSE(ReplyFilter::Parse(no)->Matches(data)) << no;
}

TEST(ReplyFilterTest, RefusesWhatAReplyDoesNotHave) {
  const auto error = [](const char* text) { return std::string(ReplyFilter::Parse(text).status().message()); };
  EXPECT_THAT(error("ensure=present and apache"), HasSubstr("a word alone is a class"));
  EXPECT_THAT(error("fstat('/etc/hosts').size>1"), HasSubstr("a data function asks a node"));
  EXPECT_THAT(error("ensure="), AllOf(StartsWith("option --reply-filter: "), Not(HasSubstr("-S"))));
}

class ReplyChoiceTest : public FakeHubTest {
 protected:
  ReplyChoiceTest() {
    hub_.ddls = {{"rpcutil", testing::RpcutilDdl()}, {"package", testing::PackageDdl()}};
    hub_.nodes.clear();
    for (int i = 1; i <= 24; ++i) hub_.nodes.push_back(testing::MakeNode(Name(i), "{}"));
    hub_.replies["rpcutil.get_fact"] = {{"fact", "role"}, {"value", "web"}};
    hub_.replies["package.status"] = {{"ensure", "1.0"}, {"name", "zsh"}};
    hub_.special[Name(7)] = testing::OkReply(Name(7), {{"fact", "role"}, {"value", "db"}}, 1000);
    hub_.special[Name(9)] = testing::FailedReply(Name(9), v1::FAILED, 1, "broken");
  }
  static std::string Name(int i) { return absl::StrFormat("web%02d.example.net", i); }
  const std::vector<std::string> ask_ = {"invoke", "rpcutil", "get_fact", "fact=role"};
  CliResult Ask(const std::vector<std::string>& more, const testing::CliSetup& setup = {}) {
    std::vector<std::string> args = ask_;
    args.insert(args.end(), more.begin(), more.end());
    return Run(args, setup);
  }
};

TEST_F(ReplyChoiceTest, EqualRepliesAreOneBlock) {
  const std::string out = Ask({"--group"}).out;
  EXPECT_THAT(out, StartsWith("web[01-06,08,10-24].example.net (22 nodes) \n"
                              "    Fact: role\n"
                              "   Value: web\n\n"));
  EXPECT_THAT(out, HasSubstr("web07.example.net                        \n    Fact: role\n   Value: db\n"));
  EXPECT_THAT(out, HasSubstr("web09.example.net                        Request Aborted\n   broken\n"));
  EXPECT_THAT(out, HasSubstr("Finished processing 24 / 24 hosts"));
}

TEST_F(ReplyChoiceTest, OnATerminalManyNodesAreGroupedByDefault) {
  const testing::CliSetup terminal = {.terminal = true, .variables = {{"NO_COLOR", "1"}}};
  EXPECT_THAT(Ask({}, terminal).out, HasSubstr("(22 nodes)"));
  EXPECT_THAT(Ask({"--no-group"}, terminal).out, Not(HasSubstr("(22 nodes)")));
  EXPECT_THAT(Ask({}).out, Not(HasSubstr("(22 nodes)"))) << "a pipe gets each node";
  hub_.nodes.resize(20);
  EXPECT_THAT(Ask({}, terminal).out, Not(HasSubstr("nodes)")));
}

TEST_F(ReplyChoiceTest, LinesOfPackagesAreGroupedToo) {
  hub_.special.clear();
  hub_.special[Name(7)] = testing::OkReply(Name(7), {{"ensure", "2.0"}, {"name", "zsh"}}, 1000);
  const std::string out = Run({"package", "zsh", "status", "--group"}).out;
  EXPECT_THAT(out, StartsWith("web[01-06,08-24].example.net (23 nodes)  version = zsh-1.0\n"
                              "web07.example.net                        version = zsh-2.0\n"));
  EXPECT_THAT(out, HasSubstr("Versions: 23 * 1.0, 1 * 2.0"));
}

TEST_F(ReplyChoiceTest, ColumnsAreChosenInEveryForm) {
  const std::string table = Ask({"--columns", "value,fact", "--table", "-I", Name(1)}).out;
  EXPECT_EQ(table, "NODE               STATUS  Value  Fact\nweb01.example.net  OK      web    role\n");
  const std::string text = Ask({"--columns", "value", "-I", Name(1)}).out;
  EXPECT_THAT(text, StartsWith("web01.example.net                        \n   Value: web\n\n"));
  EXPECT_EQ(Json::parse(Ask({"--columns", "value", "-j", "-I", Name(1)}).out)["replies"][0]["data"],
            Json({{"value", "web"}}));
  EXPECT_THAT(Ask({"--columns", "value", "--jsonl", "-I", Name(1)}).out, Not(HasSubstr("\"fact\"")));
  EXPECT_THAT(Run({"package", "zsh", "status", "--columns", "ensure", "-I", Name(1)}).out,
              StartsWith("web01.example.net                        \n   Full package version: 1.0\n"));
}

TEST_F(ReplyChoiceTest, AColumnNobodyHasIsNamed) {
  const CliResult result = Ask({"--columns", "value,nosuch", "-I", Name(1)});
  EXPECT_THAT(result.err, HasSubstr("orchctl: no reply has nosuch; there are fact, value\n"));
  EXPECT_THAT(Ask({"--columns", "value,,x"}).err, HasSubstr("give the names of fields with commas between them"));
}

TEST_F(ReplyChoiceTest, AFilterSelectsRepliesButCountsStayThoseOfTheJob) {
  const CliResult result = Ask({"--reply-filter", "value=db"});
  EXPECT_THAT(result.out, HasSubstr("web07.example.net"));
  EXPECT_THAT(result.out, Not(HasSubstr("web01.example.net")));
  EXPECT_THAT(result.out, HasSubstr("web09.example.net                        Request Aborted"))
      << "failures are shown";
  EXPECT_THAT(result.out, HasSubstr("Finished processing 24 / 24 hosts"));
  EXPECT_THAT(result.err, HasSubstr("orchctl: 1 of 23 replies match --reply-filter\n"));
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(Ask({"--reply-filter", "value=db", "--senders"}).out, "web07.example.net\n");
  EXPECT_EQ(Ask({"--reply-filter", "value"}).code, 1);
}

}  // namespace
}  // namespace orch::cli

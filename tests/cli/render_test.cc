// Pure renderers against what users of MCollective know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "actions/ddl/ddl.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/display_width.h"
#include "cli/terminal/progress_bar.h"
#include "cli/terminal/sparkline.h"
#include "cli/terminal/style.h"
#include "cli/terminal/text_table.h"
#include "cli/terminal/value_text.h"
#include "cli/views/answer_text.h"
#include "cli/views/label_layout.h"
#include "cli/views/layout_for.h"
#include "cli/views/node_text.h"
#include "cli/views/plugin_text.h"
#include "tests/cli/fake_hub.h"

namespace orch::cli {
namespace {

using ::testing::HasSubstr;

TEST(ProgressBarTest, DrawsMCollectivesBarAt80Columns) {
  ProgressBar bar(80, Style{true});
  EXPECT_EQ(bar.Draw(0, 6),
            "\r \x1b[31m|\x1b[0m [ >                                                           ] 0 / 6");
  EXPECT_EQ(bar.Draw(1, 6),
            "\r \x1b[31m/\x1b[0m [ ==========>                                                 ] 1 / 6");
  EXPECT_EQ(bar.Draw(2, 6),
            "\r \x1b[31m-\x1b[0m [ ===================>                                        ] 2 / 6");
  EXPECT_EQ(bar.Draw(3, 6),
            "\r \x1b[31m\\\x1b[0m [ =============================>                              ] 3 / 6");
  EXPECT_EQ(bar.Draw(4, 6),
            "\r \x1b[31m|\x1b[0m [ =======================================>                    ] 4 / 6");
  EXPECT_EQ(bar.Draw(5, 6),
            "\r \x1b[31m/\x1b[0m [ ================================================>           ] 5 / 6");
  EXPECT_EQ(bar.Draw(6, 6),
            "\r \x1b[32m*\x1b[0m [ ==========================================================> ] 6 / 6");
}

TEST(ProgressBarTest, IsAtMost60WideAndNumbersOnlyWhereThereIsNoRoom) {
  ProgressBar wide(400, Style{});
  EXPECT_EQ(wide.Draw(2, 2), "\r * [ " + std::string(60, '=') + "> ] 2 / 2");
  for (const int columns : {0, 10, 22}) EXPECT_EQ(ProgressBar(columns, Style{}).Draw(1, 2), "\r1 / 2");
}

TEST(ProgressBarTest, NeverDrawsMoreThanAll) {
  ProgressBar bar(40, Style{});
  EXPECT_EQ(bar.Draw(5, 2), bar.Draw(2, 2));
  EXPECT_THAT(bar.Draw(0, 0), HasSubstr("0 / 0"));
}

TEST(ValueTextTest, LooksLikeMCollectivesHashes) {
  EXPECT_EQ(InlineValue(Json::parse(R"({"os":{"family":"Debian","n":null},"list":["a",1,2.5,true]})")),
            R"({"list"=>["a", 1, 2.5, true], "os"=>{"family"=>"Debian", "n"=>nil}})");
  EXPECT_EQ(InlineValue(Json::object()), "{}");
}

TEST(ValueTextTest, BreaksWideListsUnderTheirFirstElement) {
  const Json classes = {"settings", "common", "ntp::client", "ssh", "role::db", "apache", "apache::mod::ssl"};
  EXPECT_EQ(PrettyValue(classes),
            "[\"settings\",\n \"common\",\n \"ntp::client\",\n \"ssh\",\n \"role::db\",\n \"apache\",\n "
            "\"apache::mod::ssl\"]");
  const Json fits = {"settings", "common", "ntp::client", "ssh", "role::web", "nginx"};
  EXPECT_EQ(PrettyValue(fits), R"(["settings", "common", "ntp::client", "ssh", "role::web", "nginx"])");
}

TEST(ValueTextTest, NestedHashesStayReadable) {
  const Json value = {{"parameters", {{"content", std::string(20, 'x')}, {"ensure", "file"}, {"mode", "0644"}}},
                      {"title", "/tmp/hello"}};
  EXPECT_EQ(PrettyValue(value), "{\"parameters\"=>\n  {\"content\"=>\"" + std::string(20, 'x') +
                                    "\", \"ensure\"=>\"file\", \"mode\"=>\"0644\"},\n \"title\"=>\"/tmp/hello\"}");
}

TEST(ValueTextTest, ControlCharactersCannotReachTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb\tc\n\x7f\xc2\x9b"), "a\\x1b[2Jb\\tc\\n\\x7f\\x9b");
  EXPECT_EQ(DisplayValue("one\ntwo"), "one\\ntwo");
  EXPECT_EQ(DisplayBlock("one\ntwo", 2), "one\n  two");
  EXPECT_EQ(DisplayValue("x\x07"), "x\\x07");
  EXPECT_EQ(InlineValue("e\x1b\"q\\"), R"("e\e\"q\\")");
  EXPECT_EQ(Printable("Zürich"), "Zürich");
}

TEST(DisplayWidthTest, CountsColumnsAndNotBytes) {
  EXPECT_EQ(DisplayWidth("Zürich"), 6u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);  // a combining accent
  EXPECT_EQ(DisplayWidth("👍"), 2u);
  EXPECT_EQ(PadRight("日本", 6), "日本  ");
  EXPECT_EQ(PadLeft("e\u0301", 3), "  e\u0301");
  EXPECT_EQ(PadRight("long", 2), "long");
}

TEST(DisplayWidthTest, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(CutToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToWidth("abcdef", 4), "abc…");
  EXPECT_EQ(CutToWidth("日本語", 5), "日本…");
  EXPECT_EQ(CutToWidth("日本語", 4), "日…");
  EXPECT_EQ(CutToWidth("e\u0301e\u0301", 2), "e\u0301e\u0301");
  EXPECT_EQ(CutToWidth("ab", 0), "");
}

class LayoutTest : public ::testing::Test {
 protected:
  static Answer Ok(const Json& data) { return ToAnswer(testing::OkReply("node1", data, 1000)); }
  std::shared_ptr<const ddl::Plugin> rpcutil_ = *ddl::LoadPlugin(testing::RpcutilDdl(), "rpcutil.json");
  std::shared_ptr<const ddl::Plugin> package_ = *ddl::LoadPlugin(testing::PackageDdl(), "package.json");
};

TEST_F(LayoutTest, LabelsAreRightAlignedAndSortedByKey) {
  EXPECT_EQ(
      LabelLayout().Text(Ok({{"value", "Debian"}, {"fact", "operatingsystem"}}), *rpcutil_->FindAction("get_fact")),
      "    Fact: operatingsystem\n"
      "   Value: Debian\n");
}

TEST_F(LayoutTest, FurtherLinesStandUnderTheValue) {
  EXPECT_EQ(LabelLayout().Text(Ok({{"value", "one\ntwo"}, {"extra_key", nullptr}}), *rpcutil_->FindAction("get_fact")),
            "   extra_key: \n"
            "       Value: one\n"
            "              two\n");
}

TEST_F(LayoutTest, CheckupdatesLooksLikeTheGuide) {
  const Json data = {{"package_manager", "yum"},
                     {"exitcode", 100},
                     {"output", "raw"},
                     {"outdated_packages",
                      {{{"package", "kernel.i686"}, {"version", "2.6.18-274.7.1.el5"}, {"repo", "updates"}},
                       {{"package", "zlib.i386"}, {"version", "1.2.3-4.el5"}, {"repo", ""}}}}};
  const Invocation invocation = {package_, package_->FindAction("checkupdates")};
  EXPECT_EQ(LayoutFor(invocation)->Text(Ok(data), *invocation.action),
            "   Outdated Packages:\n"
            "          Output:\n"
            "            kernel.i686                 2.6.18-274.7.1.el5          updates\n"
            "            zlib.i386                   1.2.3-4.el5\n"
            "   Exit Code: 100\n"
            "   Package Manager: yum\n");
}

TEST_F(LayoutTest, CheckupdatesShowsWhatTheGuideDidNotKnow) {
  const Invocation invocation = {package_, package_->FindAction("checkupdates")};
  const Json data = {{"outdated_packages", Json::array()},
                     {"new_packages", {{{"package", "a"}, {"version", "1"}}}},
                     {"held", Json::array()},
                     {"changed", false}};
  EXPECT_EQ(LayoutFor(invocation)->Text(Ok(data), *invocation.action),
            "   Outdated Packages:\n          Output:\n   changed: false\n   new_packages:\n"
            "            a                           1\n");
}

TEST_F(LayoutTest, CheckupdatesWithoutAListShowsTheRawOutput) {
  const Invocation invocation = {package_, package_->FindAction("checkupdates")};
  EXPECT_EQ(LayoutFor(invocation)
                ->Text(Ok({{"outdated_packages", Json::array()}, {"output", "all fine\n"}, {"exitcode", 0}}),
                       *invocation.action),
            "   Outdated Packages:\n"
            "          Output:\n"
            "            all fine\n"
            "   Exit Code: 0\n");
}

TEST_F(LayoutTest, PluginDocumentationHasMCollectivesSections) {
  const std::string text = PluginText(*rpcutil_);
  EXPECT_THAT(text,
              ::testing::StartsWith("rpcutil\n=======\n\nUtilities\n\n      Author: orch\n     Version: 1.0.0\n"));
  EXPECT_THAT(
      text,
      HasSubstr("ACTIONS:\n========\n   get_fact, ping\n\n   get_fact action:\n   ----------------\n       Fact\n"));
  EXPECT_THAT(text,
              HasSubstr("           fact:\n              Description: The fact\n                   Prompt: Fact\n"));
  EXPECT_THAT(text, HasSubstr("          This action does not have any inputs"));
}

TEST(DisplayTest, ModesChooseWhatTheDdlDoesNot) {
  const Answer ok = ToAnswer(testing::OkReply("n", {}, 1));
  const Answer failed = ToAnswer(testing::FailedReply("n", v1::FAILED, 1, "no"));
  using ddl::Display;
  EXPECT_TRUE(IsShown(ok, DisplayMode::kDdl, Display::kAlways));
  EXPECT_FALSE(IsShown(ok, DisplayMode::kDdl, Display::kFailed));
  EXPECT_TRUE(IsShown(failed, DisplayMode::kDdl, Display::kFailed));
  EXPECT_FALSE(IsShown(failed, DisplayMode::kOk, Display::kAlways));
  EXPECT_FALSE(IsShown(ok, DisplayMode::kNone, Display::kAlways));
  EXPECT_TRUE(IsShown(ok, DisplayMode::kAll, Display::kFailed));
}

TEST(JobTextTest, StatusesAreThoseOfMCollective) {
  const Style style{true};
  const auto text = [&](v1::TaskState state, uint32_t code) {
    return StatusText(ToAnswer(testing::FailedReply("n", state, code, "m")), style);
  };
  EXPECT_EQ(text(v1::FAILED, 1), "\x1b[31mRequest Aborted\x1b[0m");
  EXPECT_EQ(text(v1::FAILED, 2), "\x1b[33mUnknown Action\x1b[0m");
  EXPECT_EQ(text(v1::FAILED, 3), "\x1b[33mMissing Request Data\x1b[0m");
  EXPECT_EQ(text(v1::FAILED, 4), "\x1b[33mInvalid Request Data\x1b[0m");
  EXPECT_EQ(text(v1::FAILED, 5), "\x1b[31mUnknown Request Status\x1b[0m");
  EXPECT_EQ(text(v1::TIMED_OUT, 5), "\x1b[31mNo Response\x1b[0m");
  EXPECT_EQ(text(v1::OK, 0), "");
}

TEST(JobTextTest, LastLineIsTheGuides) {
  EXPECT_EQ(FinishedLine(2, 2, absl::Microseconds(105290), Style{}), "Finished processing 2 / 2 hosts in 105.29 ms\n");
  EXPECT_EQ(FinishedLine(0, 2, absl::Milliseconds(1), Style{true}),
            "Finished processing \x1b[31m0\x1b[0m / \x1b[31m2\x1b[0m hosts in 1.00 ms\n");
  EXPECT_EQ(FinishedLine(1, 2, absl::Milliseconds(1), Style{true}),
            "Finished processing \x1b[33m1\x1b[0m / \x1b[33m2\x1b[0m hosts in 1.00 ms\n");
}

TEST(JobTextTest, DiscoveryLines) {
  EXPECT_EQ(DiscoveryLine(6, false), "Discovering hosts using the index method .... 6\n");
  EXPECT_EQ(DiscoveryLine(2, true), "Determining the amount of hosts matching filter for 2 seconds .... 2\n");
}

TEST(JobTextTest, SilentNodesAreListedInColumns) {
  JobEnd end;
  end.silent = {"node001.example.net", "node002.example.net"};
  EXPECT_EQ(MissingText(end, Style{}),
            "No response from:\n\n    node001.example.net            node002.example.net            " +
                std::string(30, ' ') + "\n\n");
  EXPECT_EQ(MissingText(JobEnd(), Style{}), "");
}

TEST(JobTextTest, UnknownNamesAreListed) {
  JobEnd end;
  end.start.unknown = {"ghost"};
  const std::string text = MissingText(end, Style{});
  EXPECT_THAT(text, HasSubstr("No response from:\n\n    ghost"));
  EXPECT_THAT(text, HasSubstr("Unknown to the hub:\n\n    ghost"));
}

TEST(SparklineTest, BucketsOf50Milliseconds) {
  EXPECT_EQ(PingGraph({18.52, 59.62, 59.92, 60.09, 60.26, 60.45}), "▂▇");
  EXPECT_EQ(PingGraph({10, 120}), "▇ ▇");
  EXPECT_EQ(PingGraph({}), "");
  EXPECT_EQ(Sparkline(std::vector<size_t>(3, 0)), "   ");
}

TEST(TableTest, ColumnsAreAlignedWithoutTrailingBlanks) {
  EXPECT_EQ(TextTable({{"NODE", "STATUS"}, {"a.example.net", ""}, {"b", "OK"}}),
            "NODE           STATUS\na.example.net\nb              OK\n");
}

TEST(TableTest, CellsAreCutToTheTerminalTheWidestFirst) {
  const std::vector<std::vector<std::string>> rows = {{"NODE", "STATUS", "OUTPUT"},
                                                      {"web01.example.net", "OK", std::string(100, 'x')},
                                                      {"日本.example.net", "OK", "日本語日本語日本語"}};
  EXPECT_EQ(TextTable(rows, 40),
            "NODE               STATUS  OUTPUT\n"
            "web01.example.net  OK      xxxxxxxxxxxx…\n"
            "日本.example.net   OK      日本語日本語…\n");
  EXPECT_EQ(TextTable({{"NODE", "A"}, {std::string(30, 'n'), std::string(30, 'a')}}, 20),
            "NODE          A\nnnnnnnnnnnn…  aaaaa…\n");
  for (const size_t columns : {1, 2, 5, 10}) {
    for (const absl::string_view line : absl::StrSplit(TextTable(rows, columns), '\n', absl::SkipEmpty()))
      EXPECT_LE(DisplayWidth(line), columns);
  }
}

TEST(ColumnsTest, ArePaddedLikeTheInventory) {
  EXPECT_EQ(InColumns(std::vector<std::string>{"discovery", "flaky", "rpcutil", "x"}, 6, 15, 3),
            "      discovery       flaky           rpcutil        \n"
            "      x                                              \n");
}

TEST(InventoryTextTest, EmptyListsAreMarked) {
  Inventory inventory;
  inventory.node.set_identity("n");
  inventory.node.set_presence(v1::CONNECTED);
  const std::string text = InventoryText(inventory);
  EXPECT_THAT(text, HasSubstr("   Agents:\n      No agents installed\n"));
  EXPECT_THAT(text, HasSubstr("   Configuration Management Classes:\n      No classes applied\n"));
  EXPECT_THAT(text, HasSubstr("   Facts:\n      No facts known\n"));
}

}  // namespace
}  // namespace orch::cli

// orchctl controller: the lines of the guide, and no end by mistake.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kDdl[] = R"({"metadata":{"license":"Apache-2.0","author":"orch","timeout":60,"name":"controller",
"version":"1.0.0","url":"https://example.com","description":"The node agent"},"actions":[
{"action":"exit","description":"Ends","display":"always","impact":"change","input":{},"output":{}},
{"action":"reload_agent","description":"One","display":"always","impact":"change",
 "input":{"agent":{"prompt":"P","description":"D","type":"string","optional":false,"validation":"^[a-z0-9_]+$",
  "maxlength":128}},"output":{}},
{"action":"reload_agents","description":"All","display":"always","impact":"change","input":{},"output":{}},
{"action":"stats","description":"Counts","display":"always","impact":"read","input":{},"output":{}}]})";

class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() : hub_(NewTempDir()) {
    hub_.ddls["controller"] = kDdl;
    hub_.nodes.clear();
    v1::Node node = MakeNode("web1.example.com", "{}");
    node.add_plugins()->set_name("controller");
    hub_.nodes.push_back(node);
  }
  CliResult Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"controller", "-c", hub_.config_file()});
    return RunCli(words);
  }
  FakeHub hub_;
};

TEST_F(ControllerTest, StatsAreOneLineANode) {
  hub_.replies["controller.stats"] = {{"total", 7},   {"replies", 6},  {"valid", 5},
                                      {"invalid", 4}, {"filtered", 3}, {"passed", 2}};
  const CliResult result = Run({"stats"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      HasSubstr(
          "                        web1.example.com> total=7, replies=6, valid=5, invalid=4, filtered=3, passed=2\n"));
}

TEST_F(ControllerTest, ReloadsSayWhatWasReloadedAndAskNobody) {
  hub_.replies["controller.reload_agents"] = {{"message", "reloaded all agents"}};
  hub_.replies["controller.reload_agent"] = {{"message", "reloaded package agent"}};
  const std::string all = Run({"reload_agents"}).out;
  EXPECT_THAT(all, HasSubstr("web1.example.com> reloaded all agents\n"));
  EXPECT_THAT(all, HasSubstr("\nFinished processing "));
  EXPECT_THAT(Run({"reload_agent", "package"}).out, HasSubstr("web1.example.com> reloaded package agent\n"));
  EXPECT_EQ(Run({"reload_agent", "--argument", "package"}).code, 0);
  ASSERT_THAT(hub_.invoked(), SizeIs(3));
  EXPECT_EQ(hub_.invoked()[1].inputs_json(), R"({"agent":"package"})");
  EXPECT_EQ(hub_.invoked()[2].inputs_json(), R"({"agent":"package"})");
}

TEST_F(ControllerTest, ANodeThatFailsIsALineAndExitCode2) {
  hub_.special["web1.example.com"] = FailedReply("web1.example.com", v1::FAILED, 1, "plugin cat is not on this node");
  const CliResult result = Run({"reload_agent", "cat"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("web1.example.com> "));
  EXPECT_THAT(result.out, HasSubstr("plugin cat is not on this node"));
}

TEST_F(ControllerTest, ExitNeedsYesWhateverTheFilter) {
  const CliResult refused = Run({"exit", "-I", "web1.example.com"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_THAT(hub_.invoked(), IsEmpty());
  EXPECT_EQ(Run({"exit", "--yes", "-I", "web1.example.com"}).code, 0);
  EXPECT_THAT(hub_.invoked(), SizeIs(1));
}

TEST_F(ControllerTest, WrongWordsSendNothing) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"reload_agent"},
                                                {"reload_agents", "package"},
                                                {"reload_agent", "a", "b"},
                                                {"reload_agent", "a", "--argument", "b"},
                                                {"stats", "--argument", "a"},
                                                {"restart"},
                                                {"reload_agent", "../x"}}) {
    EXPECT_EQ(Run(words).code, 1);
  }
  EXPECT_THAT(hub_.invoked(), IsEmpty());
}

}  // namespace
}  // namespace orch::cli::testing

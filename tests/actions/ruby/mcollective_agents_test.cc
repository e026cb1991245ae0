// MCollective's own agents, as tests/actions/mcollective has them: written for a server of the time.
#include "actions/mcollective/mcollective_agents.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/catalog/builtin_catalog.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/actions/ruby/mcollective_fixture.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

TEST_F(McollectiveAgentsTest, WithoutAgentsNothingIsStartedOrSaid) {
  options_.builtin.settings["mcollective.ruby"] = "/nowhere/ruby";
  options_.libdirs = {"/nowhere"};
  LoadMcollectiveAgents(options_, &node_.clock, nullptr, &catalog_);
  EXPECT_TRUE(catalog_.plugins().empty());
  EXPECT_TRUE(catalog_.problems().empty());
}

TEST_F(McollectiveAgentsTest, WithoutRubyTheReasonIsAProblem) {
  options_.builtin.settings["mcollective.ruby"] = "/nowhere/ruby";
  Load({"installed"});
  EXPECT_THAT(ProblemOf("mcollective"), HasSubstr("/nowhere/ruby"));
}

TEST_F(McollectiveAgentsTest, TheDdlIsTranslated) {
  Load({"installed"});
  const std::shared_ptr<Plugin> inspector = catalog_.Find("inspector");
  ASSERT_NE(inspector, nullptr) << ProblemOf("inspector");
  const ddl::Plugin& ddl = *inspector->ddl();
  EXPECT_EQ(ddl.provider, "mcollective");
  EXPECT_EQ(ddl.version, "1.2");
  EXPECT_EQ(ddl.timeout, absl::Seconds(20));
  const ddl::Action& action = *ddl.FindAction("inspect");
  EXPECT_EQ(action.display, ddl::Display::kAlways);
  EXPECT_EQ(action.impact, ddl::Impact::kChange) << "nothing says that it only reads";
  EXPECT_EQ(action.FindInput("file")->validation, R"(\A\/[\w\/\.\-]+\z)");
  EXPECT_EQ(action.FindInput("file")->max_length, 256u);
  EXPECT_EQ(action.FindInput("mode")->default_value, Json("quick"));
  EXPECT_EQ(action.FindInput("mode")->list, (std::vector<Json>{"quick", "thorough"}));
  EXPECT_EQ(action.FindInput("depth")->type, ddl::InputType::kInteger);
  EXPECT_EQ(action.FindOutput("state")->default_value, Json("unknown"));
  ASSERT_EQ(action.aggregates.size(), 3u);
  EXPECT_EQ(action.aggregates[0].function, "summary");
  EXPECT_EQ(action.aggregates[1].format, "Average size: %d");
  EXPECT_EQ(action.aggregates[2].format, "All of it: %d");
}

TEST_F(McollectiveAgentsTest, SettingsSayWhatOnlyReadsAndWhatTakesMore) {
  options_.builtin.settings["mcollective.read_actions"] = "inspector.inspect, tally.count";
  options_.builtin.settings["mcollective.open_actions"] = "inspector.wc";
  Load({"installed"});
  ASSERT_NE(catalog_.Find("inspector"), nullptr) << ProblemOf("inspector");
  const ddl::Plugin& ddl = *catalog_.Find("inspector")->ddl();
  EXPECT_EQ(ddl.FindAction("inspect")->impact, ddl::Impact::kRead);
  EXPECT_FALSE(ddl.FindAction("inspect")->additional_inputs);
  EXPECT_TRUE(ddl.FindAction("wc")->additional_inputs);
}

TEST_F(McollectiveAgentsTest, InputsAndOutputsWork) {
  Load({"installed"});
  const Reply reply = Run("inspector", "inspect", {{"file", "/proc/self/status"}, {"depth", 3}});
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.status_message, "OK");
  EXPECT_EQ(reply.data["state"], "present");
  EXPECT_EQ(reply.data["double"], 0);
  EXPECT_EQ(reply.data["depth_class"], true);
  EXPECT_EQ(reply.data["given"], (Json{"depth", "file", "mode"}));
}

TEST_F(McollectiveAgentsTest, OutputsHaveTheirDefaults) {
  Load({"installed"});
  const Reply reply = Run("inspector", "inspect", {{"file", "/secret"}});
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_EQ(reply.status_message, "/secret is secret");
  EXPECT_EQ(reply.data["state"], "unknown");
  EXPECT_EQ(reply.data["size"], 0);
}

TEST_F(McollectiveAgentsTest, TheDdlsValidationHolds) {
  Load({"installed"});
  EXPECT_EQ(Run("inspector", "inspect", {{"file", "relative"}}).status_code, kRefusedByDdl);
  EXPECT_EQ(Run("inspector", "inspect", {{"file", "/x\n"}}).status_code, kRefusedByDdl) << "Ruby's \\Z lets it pass";
  EXPECT_EQ(Run("inspector", "inspect", {{"file", "/x"}, {"mode", "sloppy"}}).status_code, kRefusedByDdl);
}

TEST_F(McollectiveAgentsTest, TheAgentsOwnValidatorsHold) {
  Load({"installed"});
  EXPECT_EQ(Run("inspector", "inspect", {{"file", "/etc"}, {"colour", "red"}}).status_code, kOk);
  const Reply reply = Run("inspector", "inspect", {{"file", "/etc"}, {"colour", "blue"}});
  EXPECT_EQ(reply.status_code, kInvalidInput);
  EXPECT_THAT(reply.status_message, HasSubstr("blue is no colour"));
}

TEST_F(McollectiveAgentsTest, RunTakesInputFolderEnvironmentAndOutputs) {
  Load({"installed"});
  const Reply reply = Run("inspector", "wc", {{"text", "three small words; $(reboot)"}});
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["out"], "4\n/\nplain");
  EXPECT_EQ(reply.data["err"], "complaint");
  EXPECT_EQ(reply.data["exitcode"], 0);
}

TEST_F(McollectiveAgentsTest, RunEndsACommandAtItsTimeout) {
  Load({"installed"});
  const Reply reply = Run("inspector", "slow");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["exitcode"], nullptr);
}

TEST_F(McollectiveAgentsTest, EveryWayToFailHasItsStatusCode) {
  Load({"installed"});
  const Reply soft = Run("inspector", "fail_soft");
  EXPECT_EQ(soft.status_code, kMissingInput);
  EXPECT_EQ(soft.status_message, "softly");
  EXPECT_EQ(soft.data["after"], "reached");
  const Reply hard = Run("inspector", "fail_hard");
  EXPECT_EQ(hard.status_code, kAborted);
  EXPECT_EQ(hard.data["before"], "kept");
  EXPECT_FALSE(hard.data.contains("after"));
  EXPECT_EQ(Run("inspector", "invalid").status_code, kInvalidInput);
  EXPECT_EQ(Run("inspector", "missing").status_code, kMissingInput);
  EXPECT_EQ(Run("inspector", "nosuch").status_code, kUnknownAction);
}

TEST_F(McollectiveAgentsTest, AnAgentSeesItsSurroundings) {
  options_.builtin.settings["inspector.greeting"] = "good day";
  Load({"installed"});
  Run("inspector", "invalid");
  const Reply reply = Run("inspector", "surroundings");
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  const Json expected = {{"action", "surroundings"},
                         {"agent", "inspector"},
                         {"bytes", "\xEF\xBF\xBD"},
                         {"caller", "cert=rip"},
                         {"calls", 2},
                         {"facts", "whole key"},
                         {"family", "Debian"},
                         {"greeting", "good day"},
                         {"identity", "web1.example.com"},
                         {"is_web", true},
                         {"newer", 1},
                         {"sender", "hub.example.com"},
                         {"symbol", "running"},
                         {"time", "1970-01-01 00:00:00 UTC"},
                         {"timeout", 20},
                         {"version", "1.2"}};
  EXPECT_EQ(reply.data, expected);
}

TEST_F(McollectiveAgentsTest, ItsCommandsLiveInItsProcessGroupAndCannotReadRequests) {
  Load({"installed"});
  const Reply reply = Run("inspector", "environment");
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["stdin"], "");
  EXPECT_EQ(reply.data["pgid"], reply.data["child_pgid"]);
  EXPECT_NE(reply.data["pgid"], getpgrp());
}

TEST_F(McollectiveAgentsTest, ScriptsImplementActions) {
  Load({"installed"});
  const Reply echo = Run("scripted", "echo", {{"word", "hello"}});
  EXPECT_EQ(echo.status_code, kOk) << echo.status_message;
  EXPECT_EQ(echo.data["said"], "echo hello");
  const Reply refuse = Run("scripted", "refuse");
  EXPECT_EQ(refuse.status_code, kInvalidInput);
  EXPECT_EQ(refuse.status_message, "will not");
  EXPECT_EQ(refuse.data["said"], "no");
  const Reply absent = Run("scripted", "absent");
  EXPECT_EQ(absent.status_code, kAborted);
  EXPECT_THAT(absent.status_message, HasSubstr("absent.sh is not there"));
}

TEST_F(McollectiveAgentsTest, AnAgentThatDoesNotWantToRunIsLeftOutQuietly) {
  Load({"installed"});
  EXPECT_EQ(catalog_.Find("dormant"), nullptr);
  EXPECT_EQ(ProblemOf("dormant"), "no problem");
}

TEST_F(McollectiveAgentsTest, ASettingSwitchesAnAgentOff) {
  options_.builtin.settings["scripted.activate_agent"] = "false";
  Load({"installed"});
  EXPECT_EQ(catalog_.Find("scripted"), nullptr);
  EXPECT_NE(catalog_.Find("inspector"), nullptr);
}

TEST_F(McollectiveAgentsTest, OneCanBeLoadedAlone) {
  options_.only = "scripted";
  Load({"installed", "broken"});
  EXPECT_EQ(catalog_.plugins().size(), 1u);
  EXPECT_NE(catalog_.Find("scripted"), nullptr);
  EXPECT_TRUE(catalog_.problems().empty());
}

TEST_F(McollectiveAgentsTest, ARepositorysLayoutServesAsWell) {
  Load({"checkout", "installed"});
  EXPECT_EQ(Run("tally", "count").data["count"], 1);
  EXPECT_EQ(Run("tally", "count").data["count"], 2) << "the same process";
  EXPECT_NE(catalog_.Find("inspector"), nullptr);
}

TEST_F(McollectiveAgentsTest, BrokenAgentsAreProblemsAndTheRestLoads) {
  catalog_ = std::move(*BuiltinCatalog({}, &node_.clock));
  Load({"broken", "checkout"});
  EXPECT_THAT(ProblemOf("syntax"), HasSubstr("syntax.rb"));
  EXPECT_THAT(ProblemOf("quits"), HasSubstr("exit"));
  EXPECT_THAT(ProblemOf("vanishes"), HasSubstr("ended the process"));
  EXPECT_THAT(ProblemOf("validators"), HasSubstr("no validator is named nosuch"));
  EXPECT_THAT(ProblemOf("noddl"), HasSubstr("agent/noddl.ddl"));
  EXPECT_THAT(ProblemOf("package"), HasSubstr("there already"));
  EXPECT_EQ(catalog_.Find("package")->ddl()->provider, "");
  EXPECT_EQ(Run("tally", "count").status_code, kOk);
}

TEST_F(McollectiveAgentsTest, FilesThatOthersMayWriteAreNotRun) {
  fs::permissions(absl::StrCat(folder_, "/checkout/agent/tally.rb"), fs::perms::others_write, fs::perm_options::add);
  Load({"checkout"});
  EXPECT_EQ(catalog_.Find("tally"), nullptr);
  EXPECT_THAT(ProblemOf("tally"), HasSubstr("writable by nobody else"));
}

TEST_F(McollectiveAgentsTest, AnExceptionIsACrashAndTheProcessStays) {
  Load({"trouble"});
  const Reply before = Run("trouble", "nothing");
  const Reply reply = Run("trouble", "raises");
  EXPECT_EQ(reply.status_code, kUnknownError);
  EXPECT_EQ(reply.error_kind, ErrorKind::kCrash);
  EXPECT_THAT(reply.status_message, StartsWith("RuntimeError: it went wrong"));
  EXPECT_THAT(reply.status_message, HasSubstr("trouble.rb:6"));
  EXPECT_EQ(reply.data["pid"], before.data["pid"]);
}

TEST_F(McollectiveAgentsTest, AnAgentThatEndsIsACrashAndTheNextRequestWorks) {
  Load({"trouble"});
  EXPECT_THAT(Run("trouble", "exits").status_message, HasSubstr("exit 7"));
  for (const auto& [action, how] :
       std::map<std::string, std::string>{{"vanishes", "exit code 7"}, {"dies", "signal 9"}}) {
    const Reply reply = Run("trouble", action);
    EXPECT_EQ(reply.status_code, kUnknownError) << action;
    EXPECT_EQ(reply.error_kind, ErrorKind::kCrash) << action;
    EXPECT_THAT(reply.status_message, HasSubstr(how));
    EXPECT_EQ(Run("trouble", "nothing").status_code, kOk);
  }
  EXPECT_THAT(Run("trouble", "vanishes").status_message, HasSubstr("going now"));
}

TEST_F(McollectiveAgentsTest, AnAgentThatHangsIsEndedInTime) {
  Load({"trouble"});
  Run("trouble", "nothing");  // warm
  const Reply reply = Run("trouble", "hangs", Json::object(), absl::Seconds(1));
  EXPECT_EQ(reply.error_kind, ErrorKind::kTimeout);
  EXPECT_EQ(Run("trouble", "nothing").status_code, kOk);
}

TEST_F(McollectiveAgentsTest, WhatAnActionPrintsIsNotItsReply) {
  Load({"trouble"});
  const Reply reply = Run("trouble", "prints");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["pid"], Run("trouble", "nothing").data["pid"]);
}

TEST_F(McollectiveAgentsTest, AReplyThatIsTooLargeIsCutOff) {
  Load({"trouble"});
  EXPECT_EQ(Run("trouble", "floods").error_kind, ErrorKind::kOutputLimit);
}

TEST_F(McollectiveAgentsTest, WhatAnActionLeavesBehindEndsWithIt) {
  const std::string file = absl::StrCat(folder_, "/pid");
  options_.builtin.settings["trouble.pid_file"] = file;
  Load({"trouble"});
  EXPECT_EQ(Run("trouble", "leaves").error_kind, ErrorKind::kCrash);
  std::string pid;
  std::ifstream(file) >> pid;
  ASSERT_NE(pid, "");
  EXPECT_NE(access(absl::StrCat("/proc/", pid).c_str(), F_OK), 0);
}

// Those of the file that live, which must be `count` at first.
std::vector<int> LeftOf(const std::string& file, size_t count) {
  std::vector<int> left;
  std::ifstream text(file);
  for (int pid; text >> pid; --count) {
    if (access(absl::StrCat("/proc/", pid).c_str(), F_OK) == 0) left.push_back(pid);
  }
  EXPECT_EQ(count, 0u);
  std::ofstream(file, std::ios::trunc).close();
  return left;
}

TEST_F(McollectiveAgentsTest, NothingIsLeftOfWhatIsLate) {
  const std::string file = absl::StrCat(folder_, "/pid");
  std::ofstream(file).close();
  options_.builtin.settings["trouble.pid_file"] = file;
  Load({"trouble"});
  EXPECT_EQ(Run("trouble", "overruns").status_code, kOk);
  EXPECT_THAT(LeftOf(file, 2), testing::IsEmpty()) << "of the agent's own timeout";
  EXPECT_EQ(Run("trouble", "scatters", Json::object(), absl::Seconds(3)).error_kind, ErrorKind::kTimeout);
  EXPECT_THAT(LeftOf(file, 2), testing::IsEmpty()) << "of the action's";
}

TEST_F(McollectiveAgentsTest, AServiceThatAnAgentStartsLivesOnAndMayPrint) {
  const std::string file = absl::StrCat(folder_, "/pid");
  std::ofstream(file).close();
  options_.builtin.settings["trouble.pid_file"] = file;
  Load({"trouble"});
  EXPECT_EQ(Run("trouble", "serves").status_code, kOk);
  EXPECT_EQ(Run("trouble", "hangs", Json::object(), absl::Seconds(2)).error_kind, ErrorKind::kTimeout);
  const absl::Duration later = node_.clock.Steady() + absl::Milliseconds(300);
  while (node_.clock.Steady() < later) std::this_thread::yield();
  const std::vector<int> left = LeftOf(file, 1);
  ASSERT_EQ(left.size(), 1u);
  kill(left[0], SIGKILL);
}

}  // namespace
}  // namespace orch::actions

// The real commands against an Orchestrator service in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "base/durable_file.h"
#include "base/random.h"
#include "cli/session/hub_client.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using testing::CliSetup;
using ::testing::ElementsAre;
using testing::FailedReply;
using testing::FakeHub;
using ::testing::HasSubstr;
using testing::MakeNode;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::PipeWith;
using ::testing::SizeIs;
using ::testing::StartsWith;

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest() : dir_(testing::NewTempDir()), hub_(dir_) {
    hub_.nodes = {MakeNode("puppetmaster.example.com", R"({"osfamily":"Debian","os":{"family":"Debian"}})"),
                  MakeNode("agent.example.com", R"({"osfamily":"RedHat","cores":4})")};
  }
  CliResult Run(std::vector<std::string> args, const CliSetup& setup = {}) {
    args.insert(args.end(), {"-c", hub_.config_file()});
    return testing::RunCli(args, setup);
  }
  std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n', absl::SkipEmpty()); }

  const std::string dir_;
  FakeHub hub_;
};

TEST_F(CommandsTest, PingPrintsTheGuidesLines) {
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out,
            "puppetmaster.example.com                 time=10.00 ms\n"
            "agent.example.com                        time=11.00 ms\n"
            "\n\n---- ping statistics ----\n"
            "2 replies max: 11.00 min: 10.00 avg: 10.50\n");
  EXPECT_EQ(result.err, "");
  ASSERT_THAT(hub_.invoked(), SizeIs(1));
  EXPECT_EQ(hub_.invoked()[0].plugin(), "rpcutil");
  EXPECT_TRUE(hub_.invoked()[0].no_reply_data());
  EXPECT_EQ(hub_.plugin_bodies_sent(), 0) << "ping needs no DDL";
}

TEST_F(CommandsTest, PingOfNobodySaysSoAndExits4) {
  const CliResult result = Run({"ping", "-F", "osfamily=none"});
  EXPECT_EQ(result.code, 4);
  EXPECT_EQ(result.out, "\n\n---- ping statistics ----\nNo responses received\n");
}

TEST_F(CommandsTest, PingEndsAsSoonAsEnoughHaveAnswered) {
  absl::Notification cancelled;
  hub_.script = [&](const v1::JobSpec&, grpc::ServerContext* context, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_targets(2);
    response.mutable_accepted()->set_timeout_ms(60'000);
    *response.add_replies() = testing::OkReply("a", {}, 1000);
    writer->Write(response);
    while (!context->IsCancelled()) std::this_thread::yield();
    cancelled.Notify();
    return grpc::Status::CANCELLED;
  };
  const CliResult result = Run({"ping", "--expect", "1"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("1 replies max: 1.00"));
  cancelled.WaitForNotification();
}

TEST_F(CommandsTest, MissingNodesMakeExitCode2UnlessAllowed) {
  hub_.special["agent.example.com"] = FailedReply("agent.example.com", v1::TIMED_OUT, 5, "no reply within 12 s");
  EXPECT_EQ(Run({"ping"}).code, 2);
  EXPECT_EQ(Run({"ping", "--allow-missing"}).code, 0);
  const CliResult result = Run({"ping"});
  EXPECT_THAT(result.out, HasSubstr("1 replies"));
  EXPECT_THAT(result.out, HasSubstr("\nNo response from:\n\n    agent.example.com"));
}

TEST_F(CommandsTest, FindPrintsOneNameALine) {
  const CliResult result = Run({"find", "--with-fact", "osfamily=RedHat"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "agent.example.com\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(Run({"find"}).out, "puppetmaster.example.com\nagent.example.com\n");
  EXPECT_EQ(Run({"find", "--sort"}).out, "agent.example.com\npuppetmaster.example.com\n");
  EXPECT_EQ(Run({"find", "-F", "osfamily=none"}).code, 1);
  EXPECT_EQ(Run({"find", "-j"}).out, "[\"puppetmaster.example.com\",\"agent.example.com\"]\n");
  EXPECT_THAT(Run({"find", "-v"}).err, HasSubstr("Discovering hosts using the index method .... 2\n"));
  EXPECT_EQ(Run({"find", "--batch", "2"}).code, 1) << "find asks nobody, so it has no request options";
}

TEST_F(CommandsTest, FindSaysOfANamedNodeThatIsAwayThatItIs) {
  hub_.nodes[1].set_presence(v1::DISCONNECTED);
  const CliResult away = Run({"find", "-I", "agent.example.com"});
  EXPECT_EQ(away.code, 1);
  EXPECT_EQ(away.out, "");
  EXPECT_EQ(away.err, "orchctl: agent.example.com is not connected to the hub\n");
  EXPECT_EQ(Run({"find", "-I", "agent.example.com", "-F", "osfamily=none"}).err, "") << "it would not fit either";
  EXPECT_EQ(Run({"find"}).err, "") << "nobody asked for it by name";
}

TEST_F(CommandsTest, AFormOnTheCommandLineWinsOverTheVariables) {
  const CliResult result = Run({"find", "--jsonl"}, {.variables = {{"ORCHCTL_OPTS", "--json"}}});
  EXPECT_THAT(result.out, StartsWith("{\"count\":2"));
}

TEST_F(CommandsTest, TargetOptionsReachTheHub) {
  Run({"find", "-T", "eu", "--limit", "50%", "--limit-seed", "7"});
  EXPECT_EQ(hub_.last_find().target().collective(), "eu");
  EXPECT_EQ(hub_.last_find().target().limit_percent(), 50u);
  EXPECT_EQ(hub_.last_find().target().limit_seed(), 7u);
  EXPECT_TRUE(hub_.last_find().target().limit_random());
  Run({"invoke", "rpcutil", "ping", "--batch", "2", "--batch-sleep", "0.5", "-t", "3", "-1"});
  ASSERT_THAT(hub_.invoked(), SizeIs(1));
  const v1::JobSpec spec = hub_.invoked()[0];
  EXPECT_EQ(spec.batch_size(), 2u);
  EXPECT_EQ(spec.batch_sleep_ms(), 500);
  EXPECT_EQ(spec.timeout_ms(), 3000);
  EXPECT_EQ(spec.target().limit(), 1u);
}

TEST_F(CommandsTest, ARolloutReachesTheHub) {
  Run({"invoke", "rpcutil", "ping", "--concurrency", "25%", "--fail-max", "3"});
  Run({"invoke", "rpcutil", "ping", "--concurrency", "2", "--max-failures", "10%"});
  ASSERT_THAT(hub_.invoked(), SizeIs(2));
  EXPECT_EQ(hub_.invoked()[0].concurrency_percent(), 25u);
  EXPECT_EQ(hub_.invoked()[0].max_failures(), 3u);
  EXPECT_EQ(hub_.invoked()[1].concurrency(), 2u);
  EXPECT_EQ(hub_.invoked()[1].max_failures_percent(), 10u);
  const CliResult both = Run({"invoke", "rpcutil", "ping", "--concurrency", "2", "--batch", "2"});
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.err, HasSubstr("exclude each other"));
}

TEST_F(CommandsTest, APipedListIsTheTarget) {
  const PipeWith list("agent.example.com\nghost.example.com\n");
  const CliResult result = Run({"invoke", "rpcutil", "ping"}, {.stdin_fd = list.fd()});
  ASSERT_THAT(hub_.invoked(), SizeIs(1));
  EXPECT_TRUE(hub_.invoked()[0].target().has_identities());
  EXPECT_THAT(hub_.invoked()[0].target().identities(), ElementsAre("agent.example.com", "ghost.example.com"));
  EXPECT_EQ(result.code, 2) << "ghost did not answer";
  EXPECT_THAT(result.out, HasSubstr("Unknown to the hub:\n\n    ghost.example.com"));
  EXPECT_THAT(result.out, HasSubstr("Finished processing 1 / 2 hosts in "));
}

TEST_F(CommandsTest, AnEmptyPipeNeverMeansTheFleet) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"ping"},
                                             {"find"},
                                             {"facts", "x"},
                                             {"invoke", "rpcutil", "ping"},
                                             {"service", "sshd", "restart", "--yes"}}) {
    const PipeWith empty("");
    const CliResult result = Run(args, {.stdin_fd = empty.fd()});
    EXPECT_EQ(result.code, 1) << args[0];
    EXPECT_THAT(result.err, HasSubstr("empty node list; nothing is sent"));
  }
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
}

TEST_F(CommandsTest, StandardInputIsLeftAloneWhereNodesAreNamedOrItIsRefused) {
  const PipeWith empty("");
  EXPECT_EQ(Run({"ping", "--no-stdin"}, {.stdin_fd = empty.fd()}).code, 0);
  EXPECT_EQ(Run({"ping", "-I", "agent.example.com"}, {.stdin_fd = empty.fd()}).code, 0);
  EXPECT_EQ(Run({"ping"}, {.stdin_fd = empty.fd(), .variables = {{"ORCHCTL_OPTS", "--no-stdin --yes"}}}).code, 0);
  EXPECT_EQ(Run({"ping", "-I", "/./"}, {.stdin_fd = empty.fd()}).code, 1) << "a pattern names nobody";
  ASSERT_TRUE(WriteFileDurably(dir_ + "/nodes", "agent.example.com\n", 0600).ok());
  EXPECT_EQ(Run({"ping", "--nodes", dir_ + "/nodes"}, {.stdin_fd = empty.fd()}).code, 0);
  EXPECT_EQ(Run({"plugin", "list"}, {.stdin_fd = empty.fd()}).code, 0);
  EXPECT_EQ(Run({"hub", "status"}, {.stdin_fd = empty.fd()}).code, 0);
}

TEST_F(CommandsTest, UnknownIdentityAloneExits4) {
  const CliResult result = Run({"ping", "-I", "ghost.example.com"});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.out, HasSubstr("No response from:\n\n    ghost.example.com"));
}

TEST_F(CommandsTest, InvokePrintsABlockForEachNode) {
  hub_.replies["rpcutil.get_fact"] = {{"fact", "osfamily"}, {"value", "Debian"}};
  const CliResult result = Run({"rpc", "rpcutil", "get_fact", "fact=osfamily"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "Discovering hosts using the index method .... 2\n\n");
  EXPECT_THAT(result.out, StartsWith("puppetmaster.example.com                 \n"
                                     "    Fact: osfamily\n"
                                     "   Value: Debian\n\n"
                                     "agent.example.com                        \n"
                                     "    Fact: osfamily\n"
                                     "   Value: Debian\n\n\n"
                                     "Summary of Value:\n\n   Debian = 2\n\n\n"
                                     "Finished processing 2 / 2 hosts in "));
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"fact":"osfamily"})");
}

TEST_F(CommandsTest, InvokeTakesItsWordsAsOptionsToo) {
  Run({"invoke", "-a", "rpcutil", "--action", "get_fact", "--arg", "fact=x"});
  Run({"invoke", "--plugin=rpcutil", "--action", "get_fact", "fact=x"});
  Run({"invoke", "--agent", "rpcutil", "get_fact", "--argument", "fact=x"});
  ASSERT_THAT(hub_.invoked(), SizeIs(3));
  for (const v1::JobSpec& spec : hub_.invoked()) EXPECT_EQ(spec.inputs_json(), R"({"fact":"x"})");
}

TEST_F(CommandsTest, NothingIsSentOnWrongInputs) {
  const std::vector<std::vector<std::string>> wrong = {
      {"invoke", "rpcutil", "nosuch"},           {"invoke", "rpcutl", "ping"},
      {"invoke", "rpcutil", "get_fact"},         {"invoke", "rpcutil", "get_fact", "fact=bad value!"},
      {"invoke", "rpcutil", "ping", "nosuch=1"}, {"invoke", "rpcutil", "get_fact", "fact=a", "fact=b"}};
  for (const auto& args : wrong) {
    const CliResult result = Run(args);
    EXPECT_EQ(result.code, 1) << args.back();
    EXPECT_THAT(result.err, StartsWith("orchctl: "));
    EXPECT_EQ(result.out, "");
  }
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  EXPECT_THAT(Run({"invoke", "rpcutl", "ping"}).err, HasSubstr("did you mean rpcutil?"));
  EXPECT_THAT(Run({"invoke", "rpcutil", "nosuch"}).err, HasSubstr("get_fact"));
}

TEST_F(CommandsTest, FailuresCarryTheirStatusAndMessage) {
  hub_.special["agent.example.com"] = FailedReply("agent.example.com", v1::FAILED, 1, "not today");
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("agent.example.com                        Request Aborted\n   not today\n\n"));
  EXPECT_THAT(Run({"invoke", "rpcutil", "ping", "--display", "ok"}).out, Not(HasSubstr("not today")));
  EXPECT_THAT(Run({"invoke", "rpcutil", "ping", "--display", "failed"}).out, Not(HasSubstr("puppetmaster")));
  EXPECT_THAT(Run({"invoke", "rpcutil", "ping", "--display", "none"}).out, Not(HasSubstr("example.com")));
}

TEST_F(CommandsTest, VerboseShowsRawRepliesAndStatistics) {
  hub_.replies["rpcutil.ping"] = {{"pong", 1795217767}};
  const CliResult result = Run({"invoke", "rpcutil", "ping", "-v"});
  EXPECT_THAT(result.out, StartsWith("puppetmaster.example.com                : OK\n    {\"pong\"=>1795217767}\n\n"));
  EXPECT_THAT(
      result.out,
      HasSubstr(
          "---- rpcutil#ping call stats ----\n           Nodes: 2 / 2\n     Pass / Fail: 2 / 0\n      Start Time: "));
}

TEST_F(CommandsTest, ColoursAndTheBarAreForTerminalsOnly) {
  hub_.special["agent.example.com"] = FailedReply("agent.example.com", v1::FAILED, 1, "not today");
  const CliResult piped = Run({"invoke", "rpcutil", "ping"});
  EXPECT_THAT(piped.out + piped.err, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r"))));
  const CliResult terminal = Run({"invoke", "rpcutil", "ping"}, {.terminal = true});
  EXPECT_THAT(terminal.out, HasSubstr("\x1b[31mRequest Aborted\x1b[0m\n   \x1b[33mnot today\x1b[0m"));
  EXPECT_THAT(terminal.err, HasSubstr("\r \x1b[31m|\x1b[0m [ >"));
  EXPECT_THAT(terminal.err, HasSubstr("\x1b[32m*\x1b[0m [ " + std::string(58, '=') + "> ] 2 / 2\n\n"));
  const CliResult plain = Run({"invoke", "rpcutil", "ping"}, {.terminal = true, .variables = {{"NO_COLOR", "1"}}});
  EXPECT_THAT(plain.out + plain.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(plain.err, HasSubstr("\r | [ >"));
  const CliResult no_bar = Run({"invoke", "rpcutil", "ping", "--np"}, {.terminal = true});
  EXPECT_THAT(no_bar.err, Not(HasSubstr("\r")));
}

TEST_F(CommandsTest, QuietShowsResultsOnly) {
  hub_.replies["rpcutil.ping"] = {{"pong", 1}};
  const CliResult result = Run({"invoke", "rpcutil", "ping", "-q"});
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, Not(HasSubstr("Finished")));
}

TEST_F(CommandsTest, JsonIsChoriasObject) {
  hub_.replies["rpcutil.get_fact"] = {{"fact", "x"}, {"value", "y"}};
  hub_.special["agent.example.com"] = FailedReply("agent.example.com", v1::TIMED_OUT, 5, "no reply");
  const CliResult result = Run({"invoke", "rpcutil", "get_fact", "fact=x", "-j"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err, "");
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["agent"], "rpcutil");
  EXPECT_EQ(json["action"], "get_fact");
  ASSERT_EQ(json["replies"].size(), 2u);
  EXPECT_EQ(json["replies"][0]["sender"], "puppetmaster.example.com");
  EXPECT_EQ(json["replies"][0]["statuscode"], 0);
  EXPECT_EQ(json["replies"][0]["data"]["value"], "y");
  EXPECT_EQ(json["replies"][1]["state"], "TIMED_OUT");
  EXPECT_EQ(json["request_stats"]["no_responses"], Json({"agent.example.com"}));
  EXPECT_EQ(json["request_stats"]["ok"], 1);
  EXPECT_EQ(json["request_stats"]["discovered"], 2);
  EXPECT_EQ(json["summaries"][0]["output"], "value");
}

TEST_F(CommandsTest, JsonArrayIsMCollectives) {
  hub_.replies["rpcutil.ping"] = {{"pong", 1}};
  const Json json = Json::parse(Run({"invoke", "rpcutil", "ping", "--json=array"}).out);
  ASSERT_TRUE(json.is_array());
  EXPECT_EQ(
      json[0],
      Json::parse(
          R"({"agent":"rpcutil","action":"ping","sender":"puppetmaster.example.com","statuscode":0,"statusmsg":"OK","data":{"pong":1}})"));
}

TEST_F(CommandsTest, JsonLinesTellTheStoryInOrder) {
  const std::vector<std::string> lines = Lines(Run({"invoke", "rpcutil", "get_fact", "fact=x", "--jsonl"}).out);
  std::vector<std::string> kinds;
  for (const std::string& line : lines) kinds.push_back(Json::parse(line)["kind"]);
  EXPECT_THAT(kinds, ElementsAre("discovery", "result", "result", "summaries", "stats"));
}

TEST_F(CommandsTest, OutputOfOneCommandIsTargetOfTheNext) {
  for (const char* form : {"--jsonl", "--json", "--json=array", "--senders"}) {
    const PipeWith list(Run({"invoke", "rpcutil", "ping", "-F", "osfamily=RedHat", form}).out);
    EXPECT_EQ(Run({"find"}, {.stdin_fd = list.fd()}).out, "agent.example.com\n") << form;
  }
  const PipeWith table(Run({"find", "--jsonl"}).out);
  EXPECT_EQ(Lines(Run({"find"}, {.stdin_fd = table.fd()}).out).size(), 2u);
}

TEST_F(CommandsTest, TableHasAColumnForEachOutput) {
  hub_.replies["rpcutil.get_fact"] = {{"fact", "x"}, {"value", {{"a", 1}}}};
  EXPECT_EQ(Run({"invoke", "rpcutil", "get_fact", "fact=x", "--table", "--sort"}).out,
            "NODE                      STATUS  Fact  Value\n"
            "agent.example.com         OK      x     {\"a\"=>1}\n"
            "puppetmaster.example.com  OK      x     {\"a\"=>1}\n");
}

TEST_F(CommandsTest, OutputFileTakesTheResults) {
  const CliResult result = Run({"find", "-o", dir_ + "/out"});
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(*ReadFile(dir_ + "/out", 1000), "puppetmaster.example.com\nagent.example.com\n");
  EXPECT_THAT(Run({"find", "-o", "/nonexistent/x"}).err, HasSubstr("cannot write /nonexistent/x"));
}

TEST_F(CommandsTest, ServiceSummaryIsTheGuides) {
  hub_.replies["service.restart"] = {{"status", "running"}};
  const CliResult result = Run({"service", "sshd", "restart", "-W", "osfamily=RedHat"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      MatchesRegex(
          "---- service summary ----\nNodes: 1 / 1\nStatuses: started=1\nElapsed Time: [0-9]+\\.[0-9][0-9] s\n"));
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"service":"sshd"})");
}

TEST_F(CommandsTest, ServiceStatusListsNodesInEitherWordOrder) {
  hub_.replies["service.status"] = {{"status", "running"}};
  for (const auto& args :
       std::vector<std::vector<std::string>>{{"service", "sshd", "status"}, {"service", "status", "sshd"}}) {
    const CliResult result = Run(args);
    EXPECT_THAT(result.out, StartsWith("puppetmaster.example.com                 status=running\n"
                                       "agent.example.com                        status=running\n"
                                       "---- service summary ----\nNodes: 2 / 2\nStatuses: started=2\nElapsed Time: "));
  }
}

TEST_F(CommandsTest, AnUnfilteredChangeAsksAndWithoutATerminalNeedsYes) {
  const CliResult refused = Run({"service", "sshd", "restart"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  EXPECT_EQ(Run({"service", "sshd", "restart", "--yes"}).code, 0);
  EXPECT_EQ(Run({"invoke", "package", "install", "package=x", "-T", "eu"}).code, 1) << "a collective is no filter";
  EXPECT_EQ(Run({"invoke", "package", "status", "package=x"}).code, 0) << "reading asks nothing";
}

TEST_F(CommandsTest, TheQuestionIsAnsweredOnTheTerminal) {
  const PipeWith yes("y\n");
  const CliResult sent = Run({"service", "sshd", "restart"}, {.stdin_fd = yes.fd(), .terminal = true});
  EXPECT_THAT(sent.err, HasSubstr("Do you really want to restart service sshd unfiltered? (y/n): "));
  EXPECT_EQ(sent.code, 0);
  for (const char* answer : {"n\n", "", "yep\n"}) {
    const PipeWith no(answer);
    EXPECT_EQ(Run({"service", "sshd", "restart"}, {.stdin_fd = no.fd(), .terminal = true}).code, 1);
  }
  EXPECT_THAT(hub_.invoked(), SizeIs(1));
}

TEST_F(CommandsTest, PackageShowsVersionsAndTheirCount) {
  hub_.replies["package.status"] = {{"name", "openssl"}, {"ensure", "3.0.11-1"}};
  const CliResult result = Run({"package", "openssl", "status"});
  EXPECT_THAT(result.out, StartsWith("puppetmaster.example.com                 version = openssl-3.0.11-1\n"));
  EXPECT_THAT(result.out,
              HasSubstr("---- package agent summary ----\nNodes: 2 / 2\nVersions: 2 * 3.0.11-1\nElapsed Time: "));
  EXPECT_THAT(Run({"package", "stauts", "openssl"}).err, HasSubstr("has no action 'stauts'; did you mean status?"));
  EXPECT_THAT(Run({"package", "openssl", "stauts"}).err, HasSubstr("has no action 'stauts'; did you mean status?"));
  Run({"package", "install", "openssl", "--version", "3.1", "--yes"});
  EXPECT_EQ(hub_.invoked()[1].inputs_json(), R"({"package":"openssl","version":"3.1"})");
}

TEST_F(CommandsTest, SeveralPackagesHaveALineEach) {
  const Json there = {{"package", "vim"}, {"ok", true}, {"name", "vim"}, {"ensure", "9.0-1"}};
  const Json absent = {{"package", "emacs"}, {"ok", true}, {"name", "emacs"}, {"ensure", "absent"}};
  const Json failed = {{"package", "nano"}, {"ok", false}, {"message", "no such package"}};
  hub_.replies["package.status"] = {{"results", {there, absent, failed}}};
  const CliResult result = Run({"package", "vim,emacs,nano", "status", "-I", "agent.example.com"});
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"packages":"vim,emacs,nano"})");
  EXPECT_THAT(result.out, StartsWith("agent.example.com                        version = vim-9.0-1\n"
                                     "agent.example.com                        version = emacs absent\n"
                                     "agent.example.com                        nano: no such package\n"));
  EXPECT_THAT(result.out, HasSubstr("Versions: 1 * 9.0-1, 1 * absent\n"));
}

TEST_F(CommandsTest, PackageCheckupdatesNeedsNoPackage) {
  hub_.replies["package.checkupdates"] = {
      {"exitcode", 100}, {"package_manager", "apt"}, {"outdated_packages", {{{"package", "zlib"}, {"version", "2"}}}}};
  const CliResult result = Run({"package", "checkupdates"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      StartsWith(
          "puppetmaster.example.com                 \n   Outdated Packages:\n          Output:\n            zlib "));
  EXPECT_THAT(result.out, HasSubstr("   Exit Code: 100\n   Package Manager: apt\n"));
}

TEST_F(CommandsTest, InventoryHasTheGuidesSections) {
  hub_.replies["rpcutil.daemon_stats"] = Json::parse(
      R"({"version":"0.1.0","starttime":1795217102,"configfile":"/etc/orch/agent.yaml","pid":2070,"total":16,"passed":13,
          "filtered":3,"ttlexpired":0,"replies":12,"times":{"utime":0.448482,"stime":0.115164}})");
  hub_.replies["rpcutil.inventory"] = {{"data_plugins", {"fact_data", "fstat_data"}}};
  const CliResult result = Run({"inventory", "agent.example.com"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      StartsWith("Inventory for agent.example.com:\n\n   Server Statistics:\n                      Version: 0.1.0\n"));
  EXPECT_THAT(
      result.out,
      HasSubstr(
          "      Messages Passed Filters: 13\n            Messages Filtered: 3\n             Expired Messages: 0\n"
          "                 Replies Sent: 12\n         Total Processor Time: 0.448482 seconds\n"
          "                  System Time: 0.115164 seconds\n\n   Agents:\n"
          "      package         rpcutil         service        \n\n   Data Plugins:\n"
          "      fact            fstat                          \n\n"
          "   Configuration Management Classes:\n    ntp "));
  EXPECT_THAT(result.out, ::testing::EndsWith("   Facts:\n      cores => 4\n      osfamily => RedHat\n"));
  const Json json = Json::parse(Run({"inventory", "agent.example.com", "-j"}).out);
  EXPECT_EQ(json["facts"]["cores"], 4);
  EXPECT_EQ(json["stats"]["pid"], 2070);
}

TEST_F(CommandsTest, InventoryOfAnAbsentNodeTellsWhatIsKnown) {
  hub_.nodes[1].set_presence(v1::DISCONNECTED);
  hub_.nodes[1].set_last_seen_us(1'700'000'000'000'000);
  const CliResult result = Run({"inventory", "agent.example.com"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("State: disconnected"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  const CliResult unknown = Run({"inventory", "ghost"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("node ghost was never seen"));
}

TEST_F(CommandsTest, CollectivesAreListedAndDrawn) {
  hub_.replies["rpcutil.collective_info"] = {{"collectives", {"mcollective", "eu"}}};
  EXPECT_EQ(Run({"inventory", "--lc"}).out,
            "   Collective                     Nodes\n"
            "   ==========                     =====\n"
            "   eu                             2\n"
            "   mcollective                    2\n\n"
            "                     Total nodes: 2\n\n");
  EXPECT_EQ(Run({"inventory", "--collective-graph", dir_ + "/g.dot"}).code, 0);
  EXPECT_THAT(*ReadFile(dir_ + "/g.dot", 10'000),
              AllOf(StartsWith("graph {\n"), HasSubstr("\"eu\" -- \"agent.example.com\";")));
}

TEST_F(CommandsTest, FactsReportLooksLikeMCollectives) {
  hub_.fact_report = [] {
    v1::FactReportResponse report;
    for (const auto& [value, count] : {std::pair("\"Debian\"", 1), std::pair("\"RedHat\"", 2)}) {
      auto* added = report.add_values();
      added->set_value_json(value);
      added->set_count(count);
      added->add_identities("node1.example.net");
    }
    report.set_nodes(4);
    report.set_missing(1);
    return report;
  }();
  const CliResult result = Run({"facts", "operatingsystem"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("Report for fact: operatingsystem\n\n"
                                     "        Debian                                   found 1 times\n"
                                     "        RedHat                                   found 2 times\n"
                                     "\n        not set on 1 nodes\n\nFinished processing 4 / 4 hosts in "));
  EXPECT_THAT(
      Run({"facts", "operatingsystem", "-v"}).out,
      HasSubstr("        Debian                                   found 1 times\n\n            node1.example.net\n\n"));
  const Json json = Json::parse(Run({"facts", "operatingsystem", "-j"}).out);
  EXPECT_EQ(json["values"][1]["count"], 2);
  EXPECT_EQ(json["missing"], 1);
}

TEST_F(CommandsTest, DdlsAreCachedByHashAndABrokenCacheIsIgnored) {
  const std::string cache = dir_ + "/cache/ddl/rpcutil.json";
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  EXPECT_EQ(*ReadFile(cache, 100'000), testing::RpcutilDdl());
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  EXPECT_EQ(hub_.plugin_bodies_sent(), 1);
  ASSERT_TRUE(WriteFileDurably(cache, "{broken", 0600).ok());
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  EXPECT_EQ(hub_.plugin_bodies_sent(), 2);
  EXPECT_EQ(*ReadFile(cache, 100'000), testing::RpcutilDdl()) << "the cache has healed";
  std::filesystem::remove_all(dir_ + "/cache");
  ASSERT_TRUE(WriteFileDurably(dir_ + "/cache", "in the way", 0600).ok());
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0) << "a cache that cannot be written is no error";
}

TEST_F(CommandsTest, PluginsAreListedAndDocumented) {
  EXPECT_THAT(Run({"plugin", "list"}).out,
              HasSubstr("  package                   1.0.0          2 nodes  About package\n"));
  EXPECT_EQ(Json::parse(Run({"plugin", "list", "-j"}).out)[0]["name"], "package");
  EXPECT_THAT(Run({"plugin", "doc"}).out, StartsWith("Please specify a plugin. Available plugins are:\n\nAgents:\n"));
  EXPECT_THAT(Run({"plugin", "doc", "agent/service"}).out, StartsWith("service\n=======\n"));
  EXPECT_EQ(Json::parse(Run({"plugin", "doc", "service", "-j"}).out)["metadata"]["name"], "service");
  EXPECT_EQ(Run({"plugin", "doc", "nosuch"}).code, 1);
  EXPECT_THAT(Run({"plugin", "doc"}).out,
              AllOf(HasSubstr("  fstat "), HasSubstr("shellsafe, "), HasSubstr("  average ")));
  EXPECT_THAT(Run({"plugin", "doc", "data/fstat"}).out, AllOf(StartsWith("fstat (data function)\n"), HasSubstr("md5")));
  EXPECT_THAT(Run({"plugin", "doc", "validator/shellsafe"}).out, StartsWith("shellsafe (validator)\n"));
  EXPECT_THAT(Run({"plugin", "doc", "aggregate/sum"}).out, StartsWith("sum (aggregate)\n"));
}

TEST_F(CommandsTest, PluginsThatCouldNotBeLoadedAreListedWithTheReason) {
  v1::ListPluginsResponse::Failed failed;
  failed.mutable_problem()->set_plugin("broken");
  failed.mutable_problem()->set_reason("broken.json: metadata.name is missing");
  failed.set_node_count(3);
  failed.add_identities("agent.example.com");
  hub_.failed_plugins = {failed};
  EXPECT_THAT(Run({"plugin", "list"}).out,
              HasSubstr("\nCould not be loaded:\n  broken                    broken.json: metadata.name is missing\n"
                        "                            on agent.example.com and 2 more\n"));
  EXPECT_EQ(Json::parse(Run({"plugin", "list", "-j"}).out)[3]["failed"], "broken.json: metadata.name is missing");
}

TEST_F(CommandsTest, CompletionAsksTheHubForNames) {
  EXPECT_EQ(Run({"completion", "--list-agents"}).out, "package\nrpcutil\nservice\n");
  EXPECT_EQ(Run({"completion", "--list-actions", "--agent", "service"}).out, "restart\nstatus\n");
  EXPECT_EQ(Run({"completion", "--list-inputs", "--agent", "service", "--action", "status"}).out, "service\n");
}

TEST_F(CommandsTest, HubStatusShowsItsCounters) {
  const CliResult result = Run({"hub", "status"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("Nodes Connected: 2\n"), HasSubstr("Refused: wrong_key=3\n"),
                                HasSubstr("You Are: psk=peadmin\n")));
  EXPECT_EQ(Json::parse(Run({"hub", "status", "-j"}).out)["refused"]["wrong_key"], 3);
}

TEST_F(CommandsTest, DescribeFilterExplainsWithTheHubsFacts) {
  EXPECT_EQ(Run({"describe-filter", "-F", "osfamily=RedHat", "--node", "agent.example.com"}).code, 0);
  const CliResult no = Run({"describe-filter", "-F", "osfamily=Debian", "--node", "agent.example.com"});
  EXPECT_EQ(no.code, 1);
  EXPECT_THAT(no.out, HasSubstr("RedHat"));
}

TEST_F(CommandsTest, AHubThatIsDownIsNamedAtOnce) {
  hub_.Stop();
  const absl::Time before = absl::Now();
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.err, AllOf(StartsWith("orchctl: cannot connect to hub " + hub_.address()),
                                HasSubstr("check that orch-hub runs")));
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
  EXPECT_EQ(result.out, "");
}

TEST_F(CommandsTest, AWrongKeyIsSaidToBeOne) {
  SystemRandom random;
  ASSERT_TRUE(auth::WriteNewCredentials(dir_ + "/other", "k1", &random).ok());
  ASSERT_TRUE(WriteFileDurably(dir_ + "/other.yaml",
                               absl::StrCat("hub: ", hub_.address(), "\nname: peadmin\ncredentials: ", dir_,
                                            "/other\ntls: {mode: plaintext}\n"),
                               0600)
                  .ok());
  const CliResult result = testing::RunCli({"ping", "-c", dir_ + "/other.yaml"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("wrong key"));
}

TEST_F(CommandsTest, AHubThatCannotProveItselfGetsNothing) {
  hub_.wrong_proof = std::string(64, '0');
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
}

TEST_F(CommandsTest, ARefusedRequestExits5) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter*) {
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not for you");
  };
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("not for you"));
  const CliResult lines = Run({"ping", "--jsonl"});
  EXPECT_EQ(Json::parse(lines.out)["kind"], "error");
}

TEST_F(CommandsTest, SaysOnRequestWhereADataFunctionFailed) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_targets(2);
    *response.add_replies() = testing::OkReply("a", {}, 1000);
    response.set_no_longer_targets(1);
    v1::FilterFailure* const failure = response.add_filter_failures();
    failure->set_identity("b");
    failure->set_reason("nrpe('load'): no such check");
    writer->Write(response);
    return grpc::Status::OK;
  };
  const std::string filter = "nrpe('load').exitcode=0";
  const CliResult quiet = Run({"invoke", "rpcutil", "ping", "-S", filter});
  EXPECT_EQ(quiet.code, 0) << quiet.err;
  EXPECT_THAT(quiet.out + quiet.err, Not(HasSubstr("no such check")));
  for (const char* command : {"find", "ping"}) {
    const CliResult told = Run({command, "-v", "-S", filter});
    EXPECT_THAT(told.err, HasSubstr("orchctl: b does not match: nrpe('load'): no such check\n")) << command;
  }
  const Json stats = Json::parse(Run({"invoke", "rpcutil", "ping", "-j", "-S", filter}).out)["request_stats"];
  EXPECT_EQ(stats["filter_failures"], (Json{{{"sender", "b"}, {"reason", "nrpe('load'): no such check"}}}));
}

TEST_F(CommandsTest, AStreamCutInTheMiddleShowsWhatCameAndExits6) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_job_id("0123");
    response.mutable_accepted()->set_targets(3);
    *response.add_replies() = testing::OkReply("a", {}, 1000);
    writer->Write(response);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "socket closed");
  };
  for (const char* form : {"-v", "-j", "--jsonl", "--senders", "--table"}) {
    const CliResult result = Run({"invoke", "rpcutil", "ping", form});
    EXPECT_EQ(result.code, 6) << form;
    EXPECT_THAT(result.out, HasSubstr("a")) << form;
    EXPECT_THAT(result.err, HasSubstr("1 of 3 nodes had answered in job 0123")) << form;
  }
}

TEST_F(CommandsTest, CtrlCShowsWhatCameAndExits130) {
  Interrupt interrupt;
  hub_.script = [&](const v1::JobSpec&, grpc::ServerContext* context, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_targets(2);
    response.mutable_accepted()->set_timeout_ms(60'000);
    *response.add_replies() = testing::OkReply("a", {}, 1000);
    writer->Write(response);
    interrupt.Raise();
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  const CliResult result = Run({"ping"}, {.interrupt = &interrupt});
  EXPECT_EQ(result.code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted"));
}

TEST_F(CommandsTest, ASlowHubIsWaitedFor) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_targets(300);
    response.mutable_accepted()->set_timeout_ms(5000);
    writer->Write(response);
    for (int i = 0; i < 300; ++i) {
      v1::InvokeResponse part;
      *part.add_replies() = testing::OkReply(absl::StrCat("n", i), {}, 1000);
      writer->Write(part);
      std::this_thread::yield();
    }
    return grpc::Status::OK;
  };
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("300 replies"));
}

TEST_F(CommandsTest, NobodyFoundIsSaidAndExits1) {
  const CliResult result = Run({"invoke", "rpcutil", "ping", "-F", "osfamily=none"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("No request sent, we did not discover any nodes."));
}

TEST_F(CommandsTest, ReplyDataThatIsNoJsonIsAFailureOfThatNode) {
  v1::Reply broken = testing::OkReply("agent.example.com", {}, 1000);
  broken.set_data_json("{oops");
  hub_.special["agent.example.com"] = broken;
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("Unknown Request Status"));
}

TEST_F(CommandsTest, ControlCharactersOfANodeDoNotReachTheTerminal) {
  hub_.replies["rpcutil.get_fact"] = {{"fact", "x"}, {"value", "\x1b[2J"}};
  EXPECT_THAT(Run({"invoke", "rpcutil", "get_fact", "fact=x"}).out,
              AllOf(Not(HasSubstr("\x1b")), HasSubstr("\\x1b[2J")));
}

}  // namespace
}  // namespace orch::cli

// ping, find, targets, invoke and the forms of output, against an Orchestrator service in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "base/durable_file.h"
#include "tests/cli/fake_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::ElementsAre;
using testing::FailedReply;
using testing::FakeHub;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PipeWith;
using ::testing::SizeIs;
using ::testing::StartsWith;

using CommandsTest = FakeHubTest;

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

TEST_F(CommandsTest, WrongInputsSendNothing) {
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

TEST_F(CommandsTest, JsonLinesAreInOrderOfEvents) {
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

TEST_F(CommandsTest, TableNamesNodesTheHubDoesNotKnow) {
  hub_.replies["rpcutil.get_fact"] = {{"fact", "x"}};
  EXPECT_EQ(Run({"invoke", "rpcutil", "get_fact", "fact=x", "--table", "-I", "agent.example.com", "-I", "ghost"}).out,
            "NODE               STATUS              Fact\n"
            "agent.example.com  OK                  x\n"
            "ghost              unknown to the hub\n");
}

TEST_F(CommandsTest, OutputFileTakesTheResults) {
  const CliResult result = Run({"find", "-o", dir_ + "/out"});
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(*ReadFile(dir_ + "/out", 1000), "puppetmaster.example.com\nagent.example.com\n");
  EXPECT_THAT(Run({"find", "-o", "/nonexistent/x"}).err, HasSubstr("cannot write /nonexistent/x"));
}

TEST_F(CommandsTest, ANameRangeIsWrittenOutByTheClient) {
  const CliResult result = Run({"find", "-I", "web[09-10].example.com", "-I", "agent.example.com"});
  EXPECT_EQ(result.out, "agent.example.com\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("the hub has never seen web09.example.com\n"),
                                HasSubstr("the hub has never seen web10.example.com\n")));
  EXPECT_THAT(hub_.last_find().target().filter().options(), SizeIs(3));
  EXPECT_FALSE(hub_.last_find().target().has_identities());
}

TEST_F(CommandsTest, ALongNameRangeBecomesAListAndKeepsTheOtherFilters) {
  Run({"find", "-I", "web[1-1000]", "-I", "web[999-1001]", "-F", "osfamily=RedHat"});
  const v1::Target target = hub_.last_find().target();
  EXPECT_TRUE(target.has_identities());
  EXPECT_THAT(target.identities(), SizeIs(1001));
  ASSERT_THAT(target.filter().options(), SizeIs(1));
  EXPECT_EQ(target.filter().options(0).text(), "osfamily=RedHat");
  const CliResult mixed = Run({"find", "-I", "web[1-1000]", "-I", "/^db/"});
  EXPECT_EQ(mixed.code, 1);
  EXPECT_THAT(mixed.err, HasSubstr("at most 256 are taken. Give the nodes with --nodes FILE"));
}

TEST_F(CommandsTest, MCollectivesSpellingsAreAccepted) {
  ASSERT_TRUE(WriteFileDurably(dir_ + "/list", "agent.example.com\n", 0600).ok());
  EXPECT_EQ(Run({"find", "--dm", "flatfile", "--do", dir_ + "/list"}).out, "agent.example.com\n");
  EXPECT_EQ(Run({"find", "--disc-method=flatfile", "--nodes", dir_ + "/list"}).out, "agent.example.com\n");
  const PipeWith list("puppetmaster.example.com\n");
  EXPECT_EQ(Run({"find", "--dm", "stdin"}, {.stdin_fd = list.fd()}).out, "puppetmaster.example.com\n");
  EXPECT_THAT(Lines(Run({"find", "--dm", "mc"}).out), SizeIs(2));
  const CliResult ping =
      Run({"ping", "--threaded", "--publish_timeout", "2", "--ttl", "60", "--connection-timeout", "3", "--dt", "1"});
  EXPECT_EQ(ping.code, 0) << ping.err;
  EXPECT_THAT(ping.err, AllOf(HasSubstr("--threaded is ignored: "), HasSubstr("--publish_timeout is ignored: "),
                              HasSubstr("--ttl is ignored: "), HasSubstr("--dt is ignored: ")));
  const CliResult sent = Run({"invoke", "rpcutil", "ping", "--nr", "--ttl", "60"});
  EXPECT_EQ(sent.out, std::string(32, 'a') + "\n") << "only the id, as --no-results of mco";
  EXPECT_THAT(sent.err, HasSubstr("--ttl is ignored without --queue"));
  EXPECT_EQ(hub_.invoked().back().ttl_ms(), 0);
}

TEST_F(CommandsTest, AnEmptyTextCanBeComparedAndGiven) {
  EXPECT_EQ(Run({"find", "-F", "osfamily="}).code, 1) << "nobody's is empty";
  EXPECT_EQ(hub_.last_find().target().filter().options(0).text(), "osfamily=\"\"");
  hub_.ddls["filemgr"] = testing::FilemgrDdl();
  EXPECT_THAT(Run({"filemgr", "status", "file="}).err, HasSubstr("input 'file'")) << "it must match .";
  EXPECT_EQ(Run({"filemgr", "touch", "file=/x", "timeout=", "--yes"}).code, 0);
  EXPECT_THAT(hub_.invoked().back().inputs_json(), HasSubstr("\"timeout\":\"\""));
}

}  // namespace
}  // namespace orch::cli

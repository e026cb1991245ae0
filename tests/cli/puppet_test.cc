// orchctl puppet and puppetd against an Orchestrator service in this process, with the real DDLs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using testing::CliResult;
using testing::CliSetup;
using ::testing::ElementsAre;
using testing::FailedReply;
using testing::FakeHub;
using ::testing::HasSubstr;
using testing::MakeNode;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::OkReply;
using ::testing::SizeIs;

constexpr char kAgent[] = "agent.example.com";
constexpr char kMaster[] = "puppetmaster.example.com";
constexpr char kOldTime[] = "[A-Z][a-z][a-z] [A-Z][a-z][a-z] [0-9][0-9] ..:..:.. [+-]....? ....> ";

class PuppetCommandTest : public ::testing::Test {
 protected:
  PuppetCommandTest() : dir_(testing::NewTempDir()), hub_(dir_) {
    hub_.nodes = {MakeNode(kAgent, "{}"), MakeNode(kMaster, "{}")};
    for (v1::Node& node : hub_.nodes) {
      node.add_plugins()->set_name("puppet");
      node.add_plugins()->set_name("puppetd");
    }
    for (const char* plugin : {"puppet", "puppetd"}) {
      hub_.ddls[plugin] =
          ReadFile(absl::StrCat(ORCH_SOURCE_DIR, "/actions/plugins/puppet/", plugin, ".json"), 1u << 20).value();
    }
  }
  CliResult Run(std::vector<std::string> args, const CliSetup& setup = {}) {
    args.insert(args.end(), {"-c", hub_.config_file()});
    return testing::RunCli(args, setup);
  }
  std::string Inputs(size_t index = 0) { return hub_.invoked().at(index).inputs_json(); }

  // A hub that gives nodes their turns one by one, and `last` to the last of them.
  void RunOneByOne(std::vector<std::string> nodes, const v1::Reply* last = nullptr) {
    hub_.script = [nodes, last](const v1::JobSpec& spec, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
      v1::InvokeResponse first;
      first.mutable_accepted()->set_job_id(std::string(32, 'b'));
      first.mutable_accepted()->set_targets(nodes.size());
      first.mutable_accepted()->set_timeout_ms(5000);
      writer->Write(first);
      for (const std::string& node : nodes) {
        v1::InvokeResponse begun;
        for (const v1::TaskState state : {v1::SENT, v1::RUNNING}) {
          if (!spec.report_progress()) break;
          v1::TaskProgress* progress = begun.add_progress();
          progress->set_identity(node);
          progress->set_state(state);
        }
        writer->Write(begun);
        v1::InvokeResponse done;
        *done.add_replies() = last != nullptr && node == nodes.back()
                                  ? *last
                                  : OkReply(node, {{"enabled", true}, {"summary", "Puppet run ended"}}, 900);
        writer->Write(done);
      }
      v1::InvokeResponse end;
      end.mutable_summary()->set_targets(nodes.size());
      writer->Write(end);
      return grpc::Status::OK;
    };
  }
  static std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n'); }

  const std::string dir_;
  FakeHub hub_;
};

TEST_F(PuppetCommandTest, StatusOf2011IsTheGuides) {
  hub_.replies["puppetd.status"] = {{"output", "Enabled, not running, last run 10 seconds ago"}, {"enabled", 1}};
  const CliResult result = Run({"puppetd", "status"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, MatchesRegex("agent.example.com  Enabled, not running, last run 10 seconds ago\n"
                                       "puppetmaster.example.com  Enabled, not running, last run 10 seconds ago\n"
                                       "\nFinished processing 2 / 2 hosts in [0-9.]+ ms\n"));
}

TEST_F(PuppetCommandTest, StatusListsNodesAndSumsUp) {
  hub_.replies["puppet.status"] = {{"message", "Currently idling; last completed run 1 minute 02 seconds ago"},
                                   {"enabled", true},
                                   {"applying", false},
                                   {"idling", true},
                                   {"daemon_present", true},
                                   {"status", "idling"}};
  const CliResult result = Run({"puppet", "status"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              MatchesRegex("       agent.example.com: Currently idling; last completed run 1 minute 02 seconds ago\n"
                           "puppetmaster.example.com: Currently idling; last completed run 1 minute 02 seconds ago\n\n"
                           "Summary of Applying:\n\n   not applying = 2\n\nSummary of Enabled:\n\n   enabled = 2\n\n"
                           "Summary of Idling:\n\n   idling = 2\n\nSummary of Daemon Running:\n\n   running = 2\n\n"
                           "Summary of Status:\n\n   idling = 2\n\n\nFinished processing 2 / 2 hosts in [0-9.]+ ms\n"));
}

TEST_F(PuppetCommandTest, CountCountsAlsoNobody) {
  hub_.replies["puppet.status"] = {{"enabled", true}, {"applying", false}, {"idling", true}, {"daemon_present", true}};
  hub_.special[kMaster] = OkReply(kMaster, {{"enabled", false}, {"applying", true}, {"daemon_present", false}}, 5);
  EXPECT_EQ(Run({"puppet", "count"}).out,
            "Total Puppet nodes: 2\n\n"
            "          Nodes currently enabled: 1\n"
            "         Nodes currently disabled: 1\n\n"
            "Nodes currently doing puppet runs: 1\n"
            "          Nodes currently stopped: 1\n\n"
            "       Nodes with daemons started: 1\n"
            "    Nodes without daemons started: 1\n"
            "       Daemons started but idling: 1\n");
  hub_.nodes.clear();
  const CliResult nobody = Run({"puppet", "count"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.out, HasSubstr("Total Puppet nodes: 0\n"));
}

TEST_F(PuppetCommandTest, CountOf2011CountsOnesAndZeros) {
  hub_.replies["puppetd.status"] = {{"enabled", 1}, {"running", 0}, {"idling", 0}, {"stopped", 1}};
  EXPECT_EQ(Run({"puppetd", "count"}).out,
            "          Nodes currently enabled: 2\n"
            "         Nodes currently disabled: 0\n\n"
            "Nodes currently doing puppet runs: 0\n"
            "          Nodes currently stopped: 2\n"
            "           Nodes currently idling: 0\n");
}

TEST_F(PuppetCommandTest, SummaryDrawsAChartForEachFigure) {
  hub_.replies["puppet.last_run_summary"] = {{"total_resources", 100}, {"total_time", 2.5}, {"failed_resources", 0}};
  hub_.special[kMaster] = OkReply(kMaster, {{"total_resources", 300}, {"total_time", 7.5}}, 5);
  const std::string out = Run({"puppet", "summary"}).out;
  EXPECT_THAT(out,
              HasSubstr("Summary statistics for 2 nodes:\n\n                  Total resources: ▇                  ▇"
                        "  min: 100.0  avg: 200.0  max: 300.0\n"));
  EXPECT_THAT(out,
              HasSubstr("         Total run-time (seconds): ▇                  ▇  min: 2.5    avg: 5.0    max: 7.5\n"));
  EXPECT_THAT(out,
              HasSubstr("                 Failed resources: ▇                     min: 0.0    avg: 0.0    max: 0.0\n"));
  EXPECT_THAT(out, HasSubstr("  Config Retrieval time (seconds): no figures\n"));
  hub_.replies["puppetd.last_run_summary"] = {{"resources", {{"total", 11}}},
                                              {"time", {{"total", 3.0}, {"last_run", 1}}}};
  hub_.special.clear();
  EXPECT_THAT(Run({"puppetd", "summary"}).out,
              HasSubstr("Total resources: ▇                     min: 11.0   avg: 11.0   max: 11.0\n"));
}

TEST_F(PuppetCommandTest, FailedNodesAreNamedAndMakeExitCode2) {
  hub_.replies["puppetd.status"] = {{"output", "Enabled, running, last run 3 seconds ago"}};
  hub_.special[kAgent] = FailedReply(kAgent, v1::FAILED, 1, "puppet is not there");
  hub_.special[kMaster] = FailedReply(kMaster, v1::OFFLINE, 5, "not connected");
  const CliResult result = Run({"puppetd", "status"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("agent.example.com                        Request Aborted: puppet is not there\n"));
  EXPECT_THAT(result.out, HasSubstr("No response from:\n\n    puppetmaster.example.com"));
}

TEST_F(PuppetCommandTest, RunOptionsBecomeInputs) {
  EXPECT_EQ(Run({"puppet", "runonce", "--yes", "--noop", "--tag", "a", "--tag", "b::c", "--environment", "testing",
                 "--no-splay", "--skip-tag", "d", "--no-ignoreschedules"})
                .code,
            0);
  EXPECT_EQ(Inputs(), R"({"environment":"testing","ignoreschedules":false,"noop":true,"skip_tags":"d","splay":false,)"
                      R"("tags":"a,b::c"})");
  EXPECT_EQ(Run({"puppet", "runonce", "--yes"}).code, 0);
  EXPECT_EQ(Inputs(1), "{}") << "without a wish nothing is said, so that a daemon can be signalled";
  EXPECT_EQ(Run({"puppetd", "runonce", "--yes", "--force"}).code, 0);
  EXPECT_EQ(Inputs(2), R"({"forcerun":true})");
  EXPECT_EQ(Run({"puppet", "disable", "the", "disk", "is", "full", "--yes"}).code, 0);
  EXPECT_EQ(Inputs(3), R"({"message":"the disk is full"})");
  EXPECT_EQ(Run({"puppet", "resource", "host", "db1", "ip=10.0.0.1", "--yes"}).code, 0);
  EXPECT_EQ(Inputs(4), R"({"ip":"10.0.0.1","name":"db1","type":"host"})");
  EXPECT_EQ(Run({"puppet", "last_run_summary", "logs=true"}).code, 0);
  EXPECT_EQ(Inputs(5), R"({"logs":true})");
}

TEST_F(PuppetCommandTest, WrongWordsSendNothing) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"puppet"},
                                             {"puppet", "status", "x"},
                                             {"puppet", "runnone"},
                                             {"puppet", "runonce", "--force", "--splay", "--yes"},
                                             {"puppet", "runall"},
                                             {"puppet", "runall", "two"},
                                             {"puppet", "runall", "1", "2"},
                                             {"puppet", "status", "--noop"},
                                             {"puppet", "resource", "host"},
                                             {"puppet", "runall", "1", "--splay"},
                                             {"puppetd", "runall", "1", "--batch", "2"},
                                             {"puppet", "runall", "1", "--async"},
                                             {"puppet", "runall", "1", "--canary", "1"},
                                             {"puppet", "runall", "1", "--idempotency-key", "k"},
                                             {"puppet", "enable"}}) {
    EXPECT_EQ(Run(wrong).code, 1) << absl::StrJoin(wrong, " ");
  }
  const CliResult none = Run({"puppetd", "runall", "0"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("Concurrency is 0; not running any nodes"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  EXPECT_THAT(Run({"puppet", "runnone"}).err, HasSubstr("did you mean runonce"));
}

TEST_F(PuppetCommandTest, RunallOf2011IsTheGuidesLog) {
  RunOneByOne({kAgent, kMaster});
  const CliResult result = Run({"puppetd", "runall", "1"});
  EXPECT_EQ(result.code, 0) << result.err;
  std::vector<std::string> lines = Lines(result.out);
  ASSERT_THAT(lines, SizeIs(10)) << result.out;
  const std::vector<std::string> wanted = {"Running all machines with a concurrency of 1",
                                           "Discovering hosts to run",
                                           "Found 2 hosts",
                                           "Running agent.example.com, concurrency is 0",
                                           "agent.example.com schedule status: OK",
                                           "Currently 1 nodes running; waiting",
                                           "Running puppetmaster.example.com, concurrency is 0",
                                           "puppetmaster.example.com schedule status: OK"};
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_THAT(lines[i], MatchesRegex(kOldTime + wanted[i]));
  EXPECT_THAT(lines[8], MatchesRegex("Finished processing 2 / 2 hosts in [0-9.]+ ms"));
  ASSERT_THAT(hub_.invoked(), SizeIs(1));
  const v1::JobSpec spec = hub_.invoked()[0];
  EXPECT_EQ(spec.action(), "runonce");
  EXPECT_EQ(spec.inputs_json(), R"({"forcerun":true,"wait":true})");
  EXPECT_EQ(spec.concurrency(), 1u);
  EXPECT_TRUE(spec.report_progress());
  EXPECT_EQ(spec.timeout_ms(), 3'600'000);
}

// The hub gathers what happens within some milliseconds.
TEST_F(PuppetCommandTest, EventsOfOneMessageArePrintedInOrder) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse all;
    all.mutable_accepted()->set_targets(2);
    for (const char* node : {kAgent, kMaster}) {
      for (const v1::TaskState state : {v1::SENT, v1::RUNNING}) {
        v1::TaskProgress* progress = all.add_progress();
        progress->set_identity(node);
        progress->set_state(state);
      }
      *all.add_replies() = OkReply(node, Json::object(), 900);
    }
    all.mutable_summary()->set_targets(2);
    writer->Write(all);
    return grpc::Status::OK;
  };
  const std::string out = Run({"puppetd", "runall", "1"}).out;
  EXPECT_THAT(out, HasSubstr("> Running agent.example.com, concurrency is 0\n"));
  EXPECT_THAT(out, HasSubstr("> Running puppetmaster.example.com, concurrency is 0\n"));
}

// The hub frees a place with an outcome and tells it when it is stored: the next node can be heard of first.
TEST_F(PuppetCommandTest, TheWindowIsNeverShownAboveItsLimit) {
  hub_.script = [](const v1::JobSpec& spec, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    const std::vector<std::string> nodes = {"a", "b", "c", "d", "e"};
    v1::InvokeResponse first;
    first.mutable_accepted()->set_targets(nodes.size());
    writer->Write(first);
    for (const std::string& node : nodes) {
      for (const v1::TaskState state : {v1::SENT, v1::RUNNING}) {
        if (!spec.report_progress()) break;
        v1::InvokeResponse begun;
        v1::TaskProgress* progress = begun.add_progress();
        progress->set_identity(node);
        progress->set_state(state);
        writer->Write(begun);
      }
    }
    v1::InvokeResponse end;
    for (const std::string& node : nodes) *end.add_replies() = OkReply(node, {{"enabled", true}}, 900);
    end.mutable_summary()->set_targets(nodes.size());
    writer->Write(end);
    return grpc::Status::OK;
  };
  for (const char* limit : {"1", "2"}) {
    const int most = *limit - '0';
    const std::string out = Run({"puppetd", "runall", limit}).out;
    EXPECT_THAT(out, HasSubstr(absl::StrCat("> Running e, concurrency is ", most - 1, "\n")));
    EXPECT_THAT(out, HasSubstr(absl::StrCat("> Currently ", most, " nodes running; waiting\n")));
    for (int above = most; above <= 5; ++above) {
      EXPECT_THAT(out, Not(HasSubstr(absl::StrCat("concurrency is ", above)))) << limit;
      EXPECT_THAT(out, Not(HasSubstr(absl::StrCat("Currently ", above + 1)))) << limit;
    }
    EXPECT_THAT(Run({"puppet", "runall", limit}).out, HasSubstr(absl::StrCat("Currently ", most, " nodes running")));
  }
}

TEST_F(PuppetCommandTest, RunallPrintsRefusalsAndFailures) {
  const v1::Reply refused = FailedReply(kMaster, v1::FAILED, 1, "Puppet is disabled: 'hands off'");
  RunOneByOne({kAgent, kMaster}, &refused);
  const CliResult result = Run({"puppetd", "runall", "2", "-t", "60"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("> puppetmaster.example.com failed: Puppet is disabled: 'hands off'\n"));
  EXPECT_EQ(hub_.invoked()[0].timeout_ms(), 60'000);
  EXPECT_EQ(result.out.find("waiting"), std::string::npos) << "the window was never full";
}

TEST_F(PuppetCommandTest, NodesWhoseTurnNeverCameAreNotCountedAsDone) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse all;
    all.mutable_accepted()->set_targets(2);
    v1::TaskProgress* progress = all.add_progress();
    progress->set_identity(kAgent);
    progress->set_state(v1::RUNNING);
    *all.add_replies() = FailedReply(kAgent, v1::FAILED, 1, "Puppet run failed");
    *all.add_replies() = FailedReply(kMaster, v1::CANCELLED, 5, "not sent: as many nodes had failed");
    all.mutable_summary()->set_targets(2);
    writer->Write(all);
    return grpc::Status::OK;
  };
  const CliResult result = Run({"puppetd", "runall", "1", "--max-failures", "1"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(hub_.invoked()[0].max_failures(), 1u);
  EXPECT_THAT(result.out, HasSubstr("> puppetmaster.example.com was not run: not sent: as many nodes had failed\n"));
  EXPECT_EQ(result.out.find("Running puppetmaster"), std::string::npos);
  EXPECT_THAT(result.out, HasSubstr("\nFinished processing 1 / 2 hosts in "));
}

TEST_F(PuppetCommandTest, RunallTakesOnlyNodesWherePuppetIsEnabled) {
  const v1::Reply disabled = OkReply(kMaster, {{"enabled", false}}, 5);
  RunOneByOne({kAgent, kMaster}, &disabled);
  const CliResult result = Run({"puppet", "runall", "3"});
  ASSERT_THAT(hub_.invoked(), SizeIs(2));
  EXPECT_EQ(hub_.invoked()[0].action(), "status");
  const v1::JobSpec spec = hub_.invoked()[1];
  EXPECT_THAT(spec.target().identities(), ElementsAre(kAgent));
  EXPECT_TRUE(spec.target().has_identities());
  EXPECT_EQ(spec.inputs_json(), R"({"force":true,"wait":true})");
  EXPECT_THAT(result.out, MatchesRegex("....-..-.. ..:..:..: Running all nodes with a concurrency of 3\n"
                                       "....-..-.. ..:..:..: Discovering enabled Puppet nodes to manage\n"
                                       "....-..-.. ..:..:..: Found 1 enabled node\n(.|\n)*"
                                       "....-..-.. ..:..:..: agent.example.com finished: Puppet run ended\n(.|\n)*"));
}

TEST_F(PuppetCommandTest, RunallOfNobodySaysSo) {
  hub_.replies["puppet.status"] = {{"enabled", false}};
  const CliResult result = Run({"puppet", "runall", "3"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("Found 0 enabled nodes\n"));
  EXPECT_THAT(hub_.invoked(), SizeIs(1)) << "no target is never every target";
}

TEST_F(PuppetCommandTest, ANodeWithoutAnAnswerIsSkippedAndCounted) {
  hub_.replies["puppet.status"] = {{"enabled", true}};
  hub_.special[kMaster] = FailedReply(kMaster, v1::FAILED, 1, "no puppet");
  const CliResult result = Run({"puppet", "runall", "3"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("puppetmaster.example.com does not say whether Puppet is enabled; left out\n"));
  EXPECT_THAT(hub_.invoked()[1].target().identities(), ElementsAre(kAgent));
}

TEST_F(PuppetCommandTest, JsonOfRunallIsThatOfAnyJob) {
  RunOneByOne({kAgent, kMaster});
  const CliResult result = Run({"puppetd", "runall", "1", "--json"});
  const auto document = ParseJson(result.out, "output");
  ASSERT_TRUE(document.ok()) << document.status() << result.out;
  EXPECT_THAT((*document)["replies"], SizeIs(2));
}

TEST_F(PuppetCommandTest, RerunContinuesUntilInterrupted) {
  RunOneByOne({kAgent});
  Interrupt interrupt;
  const FakeHub::Script once = hub_.script;
  int rounds = 0;
  hub_.script = [&](const v1::JobSpec& spec, grpc::ServerContext* context, FakeHub::InvokeWriter* writer) {
    const grpc::Status status = once(spec, context, writer);
    if (++rounds == 3) interrupt.Raise();
    return status;
  };
  const CliResult result = Run({"puppetd", "runall", "1", "--rerun", "0.01"}, {.interrupt = &interrupt});
  EXPECT_EQ(result.code, 130);
  EXPECT_EQ(rounds, 3);
}

TEST_F(PuppetCommandTest, JobOptionsAreThoseOfEveryJob) {
  const CliResult later = Run({"puppet", "runonce", "--yes", "--async", "--lock", "deploy", "--canary", "1"});
  EXPECT_EQ(later.code, 0) << later.err;
  EXPECT_EQ(later.out, std::string(32, 'a') + "\n");
  EXPECT_EQ(hub_.invoked()[0].lock(), "deploy");
  EXPECT_EQ(hub_.invoked()[0].canary(), 1u);
}

TEST_F(PuppetCommandTest, TheLockOfRunallIsForTheRunsAlone) {
  Run({"puppet", "runall", "1", "--lock", "deploy"});
  ASSERT_THAT(hub_.invoked(), ::testing::Not(::testing::IsEmpty()));
  EXPECT_EQ(hub_.invoked()[0].action(), "status");
  EXPECT_EQ(hub_.invoked()[0].lock(), "");
  Run({"puppetd", "runall", "1", "--lock", "deploy"});
  EXPECT_EQ(hub_.invoked().back().action(), "runonce");
  EXPECT_EQ(hub_.invoked().back().lock(), "deploy");
}

}  // namespace
}  // namespace orch::cli

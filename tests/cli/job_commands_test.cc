// orchctl job and orchctl events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "cli/terminal/display_width.h"
#include "tests/cli/job_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::ElementsAre;
using testing::FakeHub;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using JobCommandsTest = JobHubTest;

TEST_F(JobCommandsTest, JobsAreListedOverAllPages) {
  hub_.jobs.push_back(MakeJob(std::string(32, 'a'), v1::JOB_PAUSED));
  const CliResult result = Run({"job", "list"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], MatchesRegex("JOB +STATE +CREATED +CALLER +ACTION +NODES +OK +FAILED +MISSING"));
  EXPECT_THAT(lines[1],
              MatchesRegex("01234567 +running +2023-.* client=peadmin +rpcutil get_fact fact=role +4 +2 +1 +0"));
  EXPECT_THAT(lines[3], HasSubstr("aaaaaaaa  paused"));
  EXPECT_THAT(hub_.listed(), SizeIs(2)) << "pages of two";
  const Json json = Json::parse(Run({"job", "list", "-j"}).out);
  EXPECT_EQ(json[0]["job_id"], kJob);
  EXPECT_EQ(json[0]["inputs"]["fact"], "role");
  const CliResult first = Run({"job", "list", "-n", "1"});
  EXPECT_THAT(first.out, Not(HasSubstr("fedcba98")));
  EXPECT_THAT(first.err, HasSubstr("there are more"));
}

TEST_F(JobCommandsTest, ACancelledJobIsCalledSoAndItsInputsAreShown) {
  hub_.jobs[1].mutable_summary()->set_stop_reason(v1::STOP_REASON_CANCELLED);
  hub_.jobs[1].mutable_spec()->set_inputs_json(R"({"fact":"role","password":"***"})");
  EXPECT_THAT(Run({"job", "list"}).out, HasSubstr("fedcba98  cancelled  2023-11-14 "));
  EXPECT_THAT(Run({"job", "list"}).out, HasSubstr("rpcutil get_fact fact=role password=***"));
  const std::string shown = Run({"job", "show", "fedcba98"}).out;
  EXPECT_THAT(shown, HasSubstr("State: cancelled\n"));
  EXPECT_THAT(shown, HasSubstr(R"(Inputs: {"fact"=>"role", "password"=>"***"})"));
  EXPECT_EQ(Json::parse(Run({"job", "show", "fedcba98", "-j"}).out)["state"], "cancelled");
  const CliResult cancelled = Run({"job", "list", "--state", "cancelled"});
  EXPECT_THAT(cancelled.out, HasSubstr("fedcba98"));
  EXPECT_THAT(cancelled.out, Not(HasSubstr("01234567")));
  EXPECT_EQ(hub_.listed().back().state(), v1::JOB_FINISHED);
}

TEST_F(JobCommandsTest, OnATerminalEachJobHasOneLine) {
  hub_.jobs[0].set_caller("oidc=somebody.with.a.long.name@example.com");
  hub_.jobs[0].mutable_spec()->set_inputs_json(
      Json({{"fact", std::string(300, 'x')}, {"name", "日本語日本語日本語"}}).dump());
  const std::vector<std::string> lines =
      absl::StrSplit(Run({"job", "list"}, {.terminal = true}).out, '\n', absl::SkipEmpty());
  ASSERT_THAT(lines, SizeIs(3));
  for (const std::string& line : lines) EXPECT_LE(DisplayWidth(line), 80u) << line;
  EXPECT_THAT(lines[0], MatchesRegex("JOB +STATE +CREATED +CALLER +ACTION +NODES +OK +FAIL +MISS"));
  EXPECT_THAT(lines[1], MatchesRegex("01234567  running   2023-11-14  oidc=some.*…  rpcutil.*…  4      2   1     0"));
}

TEST_F(JobCommandsTest, ListTakesFilters) {
  Run({"job", "list", "--caller", "client=x", "--plugin", "package", "--action", "install", "--state", "finished",
       "--since", "2023-11-14", "--until", "1h"});
  ASSERT_THAT(hub_.listed(), SizeIs(1));
  const v1::ListJobsRequest request = hub_.listed()[0];
  EXPECT_EQ(request.caller(), "client=x");
  EXPECT_EQ(request.plugin(), "package");
  EXPECT_EQ(request.action(), "install");
  EXPECT_EQ(request.state(), v1::JOB_FINISHED);
  EXPECT_EQ(request.created_after_us(),
            absl::ToUnixMicros(absl::FromCivil(absl::CivilDay(2023, 11, 14), absl::LocalTimeZone())));
  EXPECT_NEAR(static_cast<double>(request.created_before_us()) / 1e6,
              absl::ToDoubleSeconds(absl::Now() - absl::Hours(1) - absl::UnixEpoch()), 60);
}

TEST_F(JobCommandsTest, WrongWordsAreRefusedUnsent) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"job"}, "usage: orchctl job list|show|watch|"},
      {{"job", "lsit"}, "did you mean job list?"},
      {{"job", "show"}, "no job given; usage: orchctl job show <job>"},
      {{"job", "show", "0123"}, "is no job id"},
      {{"job", "show", "XYZ45678"}, "is no job id"},
      {{"job", "cancel"}, "no job given"},
      {{"job", "list", "--state", "open"}, "'open' is none of running, paused, pending-approval, finished, cancelled"},
      {{"job", "list", "--since", "soon"}, "'soon' is no time"},
      {{"job", "list", "--batch", "2"}, "unknown option --batch"},
      {{"job", "prune"}, "say which jobs to forget"},
      {{"job", "replies", kJob, "--state", "pending"}, "'pending' is no outcome"},
      {{"events", "now"}, "unexpected word 'now'"},
  };
  for (const auto& [words, message] : cases) {
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, 1) << words.back();
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(JobCommandsTest, ShowTellsWhatIsKnownOfAJob) {
  const CliResult result = Run({"job", "show", "01234567"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(StartsWith(absl::StrCat("Job ", kJob, ":\n\n          Action: rpcutil get_fact\n")),
                                HasSubstr("          Inputs: {\"fact\"=>\"role\"}\n"),
                                HasSubstr("           Nodes: 2 ok, 1 failed, 0 missing, 1 open of 4\n"),
                                HasSubstr("    slow.example.com                         running, attempt 2\n")));
  EXPECT_EQ(Json::parse(Run({"job", "show", kJob, "-j"}).out)["open"][0]["attempt"], 2);
  const CliResult none = Run({"job", "show", "99999999"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("no job begins so"));
}

TEST_F(JobCommandsTest, WatchShowsAJobFromItsBeginning) {
  hub_.watch_script = [](const v1::WatchJobRequest& request, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    EXPECT_EQ(request.cursor(), "");
    writer->Write(Accepted(2, true));
    v1::InvokeResponse replies;
    *replies.add_replies() = testing::OkReply("a.example.com", {{"fact", "role"}, {"value", "db"}}, 1000);
    *replies.add_replies() = testing::FailedReply("b.example.com", v1::FAILED, 1, "not today");
    writer->Write(replies);
    v1::InvokeResponse summary = Summary();
    summary.mutable_summary()->set_elapsed_us(90'000'000);
    writer->Write(summary);
    return grpc::Status::OK;
  };
  const CliResult result = Run({"job", "watch", "01234567"});
  EXPECT_EQ(result.code, 2) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("   Value: db\n"), HasSubstr("   not today\n"),
                                HasSubstr("Finished processing 2 / 2 hosts in 90000.00 ms")));
}

TEST_F(JobCommandsTest, RepliesAreShownInEveryFormOverAllPages) {
  hub_.job_replies[kOther] = {testing::OkReply("a.example.com", {{"value", "db"}}, 1000),
                              testing::OkReply("b.example.com", {{"value", "web"}}, 1000),
                              testing::FailedReply("c.example.com", v1::OFFLINE, 5, "not connected")};
  const CliResult result = Run({"job", "replies", "fedcba98"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("   Value: db\n"), HasSubstr("   Value: web\n"),
                                HasSubstr("No response from:\n\n    c.example.com")));
  EXPECT_EQ(Run({"job", "replies", "fedcba98", "--senders"}).out, "a.example.com\nb.example.com\n");
  const Json failed = Json::parse(Run({"job", "replies", "fedcba98", "--state", "offline", "-j"}).out);
  ASSERT_THAT(failed["replies"], SizeIs(1));
  EXPECT_EQ(failed["replies"][0]["sender"], "c.example.com");
  EXPECT_THAT(Run({"job", "replies", "01234567"}).err, HasSubstr("No replies."));
}

TEST_F(JobCommandsTest, RepliesThatDidNotSucceedAndTheirSendersAreChosenByName) {
  hub_.job_replies[kOther] = {testing::OkReply("a.example.com", {{"value", "db"}}, 1000),
                              testing::FailedReply("b.example.com", v1::FAILED, 1, "no"),
                              testing::FailedReply("c.example.com", v1::OFFLINE, 5, "not connected"),
                              testing::FailedReply("d.example.com", v1::DENIED, 5, "no")};
  const Json failed = Json::parse(Run({"job", "replies", "fedcba98", "--failed", "-j"}).out);
  EXPECT_THAT(failed["replies"], SizeIs(3));
  const auto senders = [this](const std::string& option) { return Run({"job", "replies", "fedcba98", option}).out; };
  EXPECT_EQ(senders("--senders"), "a.example.com\n");
  EXPECT_EQ(senders("--senders=failed"), "b.example.com\nd.example.com\n");
  EXPECT_EQ(senders("--senders=missing"), "c.example.com\n");
  EXPECT_EQ(senders("--senders=all"), "a.example.com\nb.example.com\nc.example.com\nd.example.com\n");
  EXPECT_THAT(Run({"job", "replies", "fedcba98", "--senders=bad"}).err, HasSubstr("none of ok, failed, missing, all"));
  EXPECT_THAT(Run({"job", "replies", "fedcba98", "--failed", "--state", "ok"}).err, HasSubstr("exclude each other"));
}

TEST_F(JobCommandsTest, JobsAreCancelledPausedAndResumed) {
  EXPECT_THAT(Run({"job", "cancel", "01234567", "fedcba98", "--reason", "wrong day"}).out,
              HasSubstr(absl::StrCat(
                  "Job ", kJob,
                  " is being cancelled: what runs is told to end, and no more nodes get the command\nJob ", kOther)));
  Run({"job", "pause", "01234567"});
  Run({"job", "resume", "01234567"});
  ASSERT_THAT(hub_.controlled(), SizeIs(4));
  EXPECT_EQ(hub_.controlled()[0].reason(), "wrong day");
  EXPECT_EQ(hub_.controlled()[2].verb(), v1::ControlJobRequest::PAUSE);
  EXPECT_EQ(hub_.controlled()[3].verb(), v1::ControlJobRequest::RESUME);
  hub_.jobs[0].set_state(v1::JOB_PAUSED);
  EXPECT_EQ(Run({"job", "pause", "01234567"}).out, absl::StrCat("Job ", kJob, " is paused\n"));
  hub_.jobs[0].set_state(v1::JOB_RUNNING);
  EXPECT_EQ(Run({"job", "resume", "01234567"}).out, absl::StrCat("Job ", kJob, " is resumed\n"));
  hub_.jobs[0].set_state(v1::JOB_FINISHED);
  EXPECT_EQ(Run({"job", "cancel", "01234567"}).out, absl::StrCat("Job ", kJob, " is cancelled\n"));
  EXPECT_EQ(Run({"job", "pause", "01234567"}).out, absl::StrCat("Job ", kJob, " has ended already\n"));
  const CliResult mixed = Run({"job", "cancel", "99999999", "01234567"});
  EXPECT_EQ(mixed.code, 1);
  EXPECT_THAT(mixed.out, HasSubstr(kJob)) << "the others are tried all the same";
}

TEST_F(JobCommandsTest, AtLastIsTheJobThatWasStartedLast) {
  const CliResult none = Run({"job", "show", "@last"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("there is no @last"));
  hub_.jobs[0].set_job_id(std::string(32, 'a'));
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  Run({"ping"});
  Run({"inventory", "a.example.com"});
  EXPECT_THAT(Run({"job", "show", "@last"}).out, HasSubstr("Job " + std::string(32, 'a'))) << "a ping is no job of his";
  Run({"job", "cancel", "@last"});
  ASSERT_THAT(hub_.controlled(), SizeIs(1));
  EXPECT_EQ(hub_.controlled()[0].job_id(), std::string(32, 'a'));
  ASSERT_TRUE(WriteFileDurably(dir_ + "/cache/last_job", absl::StrCat(kOther, "\nhub2:61613\n"), 0600).ok());
  EXPECT_THAT(Run({"job", "cancel", "@last"}).err, HasSubstr(absl::StrCat("@last is job ", kOther, " of another hub")));
  ASSERT_TRUE(WriteFileDurably(dir_ + "/cache/last_job", "", 0600).ok());
  EXPECT_THAT(Run({"job", "cancel", "@last"}).err, HasSubstr("there is no @last"));
  EXPECT_THAT(hub_.controlled(), SizeIs(1));
}

TEST_F(JobCommandsTest, RetryFailedAsksThoseThatDidNotSucceed) {
  hub_.job_replies[kOther] = {testing::OkReply("a.example.com", {}, 1000),
                              testing::FailedReply("b.example.com", v1::FAILED, 1, "no"),
                              testing::FailedReply("c.example.com", v1::OFFLINE, 5, "away")};
  hub_.jobs[1].mutable_spec()->set_timeout_ms(9000);
  hub_.jobs[1].mutable_spec()->set_concurrency(2);
  hub_.jobs[1].mutable_spec()->set_lock("deploy");
  hub_.jobs[1].mutable_spec()->set_idempotency_key("k");
  const CliResult result = Run({"job", "retry-failed", "fedcba98"});
  ASSERT_THAT(hub_.invoked(), SizeIs(1)) << result.err;
  EXPECT_THAT(hub_.invoked()[0].target().identities(), ElementsAre("b.example.com", "c.example.com"));
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"fact":"role"})");
  EXPECT_EQ(hub_.invoked()[0].timeout_ms(), 9000);
  EXPECT_EQ(hub_.invoked()[0].concurrency(), 2u);
  EXPECT_EQ(hub_.invoked()[0].lock(), "deploy");
  EXPECT_EQ(hub_.invoked()[0].idempotency_key(), "") << "it would only lead to the old job";
  Run({"job", "retry-failed", "fedcba98", "fact=other", "-t", "3", "--batch", "1"});
  EXPECT_EQ(hub_.invoked()[1].inputs_json(), R"({"fact":"other"})");
  EXPECT_EQ(hub_.invoked()[1].timeout_ms(), 3000);
  EXPECT_EQ(hub_.invoked()[1].batch_size(), 1u);
  EXPECT_EQ(hub_.invoked()[1].concurrency(), 0u);
  Run({"job", "retry-failed", "fedcba98", "--state", "offline,expired"});
  EXPECT_THAT(hub_.invoked()[2].target().identities(), ElementsAre("c.example.com"));
  EXPECT_THAT(Run({"job", "retry-failed", "fedcba98", "--state", "expired"}).err, HasSubstr("no node that ended so"));
  EXPECT_THAT(Run({"job", "retry-failed", "fedcba98", "--state", "ok"}).err, HasSubstr("'ok' is no failure"));
  const CliResult running = Run({"job", "retry-failed", "01234567"});
  EXPECT_EQ(running.code, 1);
  EXPECT_THAT(running.err, HasSubstr("is still running"));
  hub_.job_replies[kOther].resize(1);
  const CliResult none = Run({"job", "retry-failed", "fedcba98"});
  EXPECT_EQ(none.code, 0);
  EXPECT_THAT(none.err, HasSubstr("succeeded everywhere"));
}

TEST_F(JobCommandsTest, RetryFailedWantsSecretsAgain) {
  hub_.ddls["vault"] =
      R"({"metadata":{"license":"x","author":"x","timeout":5,"name":"vault","version":"1","url":"x","description":"x"},
"actions":[{"action":"open","description":"x","display":"always","impact":"read","input":{"password":{"prompt":"x",
"description":"x","type":"string","optional":false,"validation":".","maxlength":20,"sensitive":true}},"output":{}}]})";
  hub_.jobs[1].mutable_spec()->set_plugin("vault");
  hub_.jobs[1].mutable_spec()->set_action("open");
  hub_.jobs[1].mutable_spec()->set_inputs_json(R"({"password":"***"})");
  hub_.job_replies[kOther] = {testing::FailedReply("a.example.com", v1::FAILED, 1, "no")};
  const CliResult refused = Run({"job", "retry-failed", "fedcba98"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("give them again: orchctl job retry-failed JOB password=@FILE"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  Run({"job", "retry-failed", "fedcba98", "password=swordfish"});
  ASSERT_THAT(hub_.invoked(), SizeIs(1));
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"password":"swordfish"})");
  const testing::PipeWith typed("tuna\n");
  Run({"job", "retry-failed", "fedcba98"}, {.stdin_fd = typed.fd(), .terminal = true});
  ASSERT_THAT(hub_.invoked(), SizeIs(2));
  EXPECT_EQ(hub_.invoked()[1].inputs_json(), R"({"password":"tuna"})");
}

TEST_F(JobCommandsTest, PruneAndLocks) {
  EXPECT_EQ(Run({"job", "prune", "--finished-before", "2023-11-14", "--keep", "10"}).out, "7 jobs forgotten\n");
  EXPECT_EQ(hub_.last_prune().keep(), 10u);
  EXPECT_GT(hub_.last_prune().finished_before_us(), 0);
  EXPECT_EQ(Run({"job", "prune", "--keep", "0"}).out, "7 jobs forgotten\n");
  EXPECT_GT(hub_.last_prune().finished_before_us(), 0) << "the hub takes no request without a bound";
  EXPECT_EQ(Run({"job", "locks"}).err, "No job holds a lock.\n");
  auto* lock = hub_.locks.add_locks();
  lock->set_name("deploy");
  lock->set_job_id(kJob);
  lock->set_caller("client=peadmin");
  lock->set_since_us(1'700'000'000'000'000);
  EXPECT_THAT(Run({"job", "locks"}).out, HasSubstr(absl::StrCat("deploy  ", kJob, "  client=peadmin  2023-")));
  EXPECT_EQ(Json::parse(Run({"job", "locks", "-j"}).out)[0]["lock"], "deploy");
}

TEST_F(JobCommandsTest, EventsAreShownAndFollowedAgainFromTheirCursor) {
  int streams = 0;
  hub_.event_script = [&](const v1::WatchEventsRequest& request, FakeHub::EventWriter* writer) {
    EXPECT_TRUE(request.nodes());
    EXPECT_EQ(request.cursor(), streams == 0 ? "c0" : "c1");
    v1::WatchEventsResponse event;
    event.set_time_us(1'700'000'000'000'000);
    if (++streams == 1) {
      event.set_kind(v1::WatchEventsResponse::NODE_CONNECTED);
      event.set_identity("a.example.com");
      event.set_cursor("c1");
      writer->Write(event);
      return Broken();
    }
    event.set_kind(v1::WatchEventsResponse::JOB_FINISHED);
    *event.mutable_job() = MakeJob(kJob, v1::JOB_FINISHED);
    event.set_cursor("c2");
    writer->Write(event);
    event.Clear();
    event.set_kind(v1::WatchEventsResponse::GAP);
    event.set_lost(5);
    writer->Write(event);
    return grpc::Status::OK;
  };
  const CliResult result = Run({"events", "--follow", "--nodes", "--since", "c0", "-n", "3"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("  node_connected  a.example.com\n"),
                    HasSubstr("  job_finished  01234567  rpcutil get_fact by client=peadmin, 2 ok, 1 failed"),
                    HasSubstr("  5 events were lost: ")));
  EXPECT_THAT(result.err, HasSubstr("the watch goes on. Trying again"));
  streams = 0;
  const std::string line = Run({"events", "--follow", "--nodes", "--since", "c0", "-n", "1", "-j"}).out;
  EXPECT_EQ(Json::parse(line)["event"], "node_connected");
  EXPECT_EQ(Json::parse(line)["cursor"], "c1");
}

TEST_F(JobCommandsTest, WithoutFollowEventsEndAfterTheLastStoredOne) {
  std::string asked;
  hub_.event_script = [&](const v1::WatchEventsRequest& request, FakeHub::EventWriter* writer) {
    asked = request.cursor();
    v1::WatchEventsResponse event;
    event.set_kind(v1::WatchEventsResponse::NODE_GONE);
    event.set_identity("a.example.com");
    event.set_cursor("c1");
    writer->Write(event);
    event.Clear();
    event.set_cursor("c2");
    writer->Write(event);
    event.set_kind(v1::WatchEventsResponse::NODE_STALE);
    while (writer->Write(event)) continue;  // until the client goes
    return grpc::Status::OK;
  };
  const CliResult plain = Run({"events"});
  EXPECT_EQ(plain.code, 0) << plain.err;
  EXPECT_EQ(asked, "first");
  EXPECT_THAT(plain.out, AllOf(HasSubstr("node_gone  a.example.com\n"), Not(HasSubstr("node_stale"))));
  const CliResult json = Run({"events", "--since", "c0", "-j"});
  EXPECT_EQ(asked, "c0");
  EXPECT_THAT(json.out, HasSubstr("\n{\"cursor\":\"c2\",\"kind\":\"cursor\"}\n"));
  Run({"events", "--follow", "-n", "2"});
  EXPECT_EQ(asked, "");
}

TEST_F(JobCommandsTest, EveryVerbReportsAHubThatIsDown) {
  hub_.Stop();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"job", "list"},
                                                                                     {"job", "show", kJob},
                                                                                     {"job", "watch", kJob},
                                                                                     {"job", "replies", kJob},
                                                                                     {"job", "cancel", kJob},
                                                                                     {"job", "retry-failed", kJob},
                                                                                     {"job", "prune", "--keep", "1"},
                                                                                     {"job", "locks"},
                                                                                     {"events"}}) {
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, 6) << words.back();
    EXPECT_THAT(result.err, StartsWith("orchctl: cannot connect to hub"));
  }
}

}  // namespace
}  // namespace orch::cli

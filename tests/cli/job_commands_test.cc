// Jobs on the command line: asking for them, following them over a broken connection, controlling
// them; against an Orchestrator service in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using testing::CliSetup;
using ::testing::ElementsAre;
using testing::FakeHub;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const char kJob[] = "0123456789abcdef0123456789abcdef";
const char kOther[] = "fedcba9876543210fedcba9876543210";

grpc::Status Broken() { return {grpc::StatusCode::UNAVAILABLE, "socket closed"}; }

v1::InvokeResponse Accepted(int targets, bool durable) {
  v1::InvokeResponse response;
  response.mutable_accepted()->set_job_id(kJob);
  response.mutable_accepted()->set_targets(targets);
  response.mutable_accepted()->set_timeout_ms(60'000);
  response.mutable_accepted()->set_durable(durable);
  response.set_cursor("hub:0");
  return response;
}

v1::InvokeResponse ReplyOf(const std::string& identity, const std::string& cursor) {
  v1::InvokeResponse response;
  *response.add_replies() = testing::OkReply(identity, {{"pong", 1}}, 1000);
  response.set_cursor(cursor);
  return response;
}

v1::InvokeResponse Summary(const std::string& ended_early = "") {
  v1::InvokeResponse response;
  response.mutable_summary()->set_job_id(kJob);
  response.mutable_summary()->set_ended_early(ended_early);
  return response;
}

v1::Job MakeJob(const std::string& id, v1::JobState state) {
  v1::Job job;
  job.set_job_id(id);
  job.set_caller("psk=peadmin");
  job.mutable_spec()->set_plugin("rpcutil");
  job.mutable_spec()->set_action("get_fact");
  job.mutable_spec()->set_inputs_json(R"({"fact":"role"})");
  job.set_state(state);
  job.set_created_us(1'700'000'000'000'000);
  job.set_targets(4);
  job.set_ok(2);
  job.set_failed(1);
  job.set_durable(true);
  return job;
}

class JobCommandsTest : public ::testing::Test {
 protected:
  JobCommandsTest() : dir_(testing::NewTempDir()), hub_(dir_) {
    hub_.nodes = {testing::MakeNode("a.example.com", "{}"), testing::MakeNode("b.example.com", "{}")};
    hub_.jobs = {MakeJob(kJob, v1::JOB_RUNNING), MakeJob(kOther, v1::JOB_FINISHED)};
  }
  CliResult Run(std::vector<std::string> args, const CliSetup& setup = {}) {
    args.insert(args.end(), {"-c", hub_.config_file()});
    return testing::RunCli(args, setup);
  }
  // The first stream breaks after one reply; what WatchJob does is the test's.
  void BreakAfterOneReply(bool durable) {
    hub_.script = [durable](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
      writer->Write(Accepted(2, durable));
      writer->Write(ReplyOf("a.example.com", "hub:1"));
      return Broken();
    };
  }

  const std::string dir_;
  FakeHub hub_;
};

TEST_F(JobCommandsTest, RolloutOptionsReachTheHub) {
  Run({"service",
       "ssh",
       "restart",
       "--yes",
       "--canary",
       "1",
       "--canary-continue",
       "--splay",
       "2",
       "--group-by",
       "rack",
       "--group-concurrency",
       "3",
       "--groups-at-once",
       "1",
       "--queue",
       "--ttl",
       "1h",
       "--lock",
       "deploy",
       "--idempotency-key",
       "k1",
       "--record"});
  ASSERT_THAT(hub_.invoked(), SizeIs(1));
  const v1::JobSpec spec = hub_.invoked()[0];
  EXPECT_EQ(spec.canary(), 1u);
  EXPECT_TRUE(spec.canary_continue());
  EXPECT_EQ(spec.splay_ms(), 2000);
  EXPECT_EQ(spec.group_by(), "rack");
  EXPECT_EQ(spec.group_concurrency(), 3u);
  EXPECT_EQ(spec.groups_at_once(), 1u);
  EXPECT_TRUE(spec.queue_offline());
  EXPECT_EQ(spec.ttl_ms(), 3'600'000);
  EXPECT_EQ(spec.lock(), "deploy");
  EXPECT_EQ(spec.idempotency_key(), "k1");
  EXPECT_TRUE(spec.record());
}

TEST_F(JobCommandsTest, RolloutOptionsThatDoNotFitAreRefusedUnsent) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--canary-continue"}, "--canary-continue needs --canary COUNT"},
      {{"--canary", "0"}, "option --canary: '0' is no whole number above 0"},
      {{"--group-by", "rack"}, "--group-by needs --group-concurrency"},
      {{"--groups-at-once", "2"}, "need --group-by FACT"},
      {{"--retry-sleep", "1"}, "--retry-sleep needs --retries"},
      {{"--retries", "2"}, "not declared as one"},
      {{"--ttl", "1h"}, "--ttl needs --queue"},
      {{"--queue"}, "--queue needs --ttl"},
      {{"--lock", ""}, "its value is empty"},
      {{"--lock", std::string(129, 'x')}, "at most 128 bytes"},
      {{"--async", "--live"}, "--async and --live exclude each other"},
      {{"--live", "--json"}, "--live goes with --jsonl"},
  };
  for (const auto& [options, message] : cases) {
    std::vector<std::string> args = {"service", "ssh", "restart", "--yes"};
    args.insert(args.end(), options.begin(), options.end());
    const CliResult result = Run(args);
    EXPECT_EQ(result.code, 1) << options[0];
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  EXPECT_EQ(Run({"ping", "--queue", "--ttl", "1h"}).code, 1) << "a ping has no rollout";
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
}

TEST_F(JobCommandsTest, AsyncPrintsTheIdAndEnds) {
  hub_.script = [](const v1::JobSpec& spec, grpc::ServerContext* context, FakeHub::InvokeWriter* writer) {
    EXPECT_TRUE(spec.record()) << "nobody could ask for it later";
    writer->Write(Accepted(2, true));
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping", "--async"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, absl::StrCat(kJob, "\n"));
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(Json::parse(Run({"invoke", "rpcutil", "ping", "--async", "-j"}).out)["job_id"], kJob);
}

TEST_F(JobCommandsTest, ABrokenStreamIsFollowedFromItsCursorAndNothingIsShownTwice) {
  BreakAfterOneReply(true);
  hub_.watch_script = [](const v1::WatchJobRequest&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(2, true));
    writer->Write(ReplyOf("a.example.com", "hub:1"));  // a hub that repeats itself
    writer->Write(ReplyOf("b.example.com", "hub:2"));
    writer->Write(Summary());
    return grpc::Status::OK;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping", "--senders"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "a.example.com\nb.example.com\n");
  ASSERT_THAT(hub_.watched(), SizeIs(1));
  EXPECT_EQ(hub_.watched()[0].job_id(), kJob);
  EXPECT_EQ(hub_.watched()[0].cursor(), "hub:1");
  EXPECT_THAT(result.err, AllOf(HasSubstr("the connection to the hub broke"), HasSubstr("socket closed"),
                                HasSubstr(absl::StrCat("job ", kJob, " goes on. Trying again for up to 5m"))));
}

TEST_F(JobCommandsTest, AStreamThatBreaksAgainAndAgainIsFollowedEachTime) {
  BreakAfterOneReply(true);
  int streams = 0;
  hub_.watch_script = [&](const v1::WatchJobRequest& request, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    if (++streams < 3) return Broken();
    EXPECT_EQ(request.cursor(), "hub:1");
    writer->Write(Accepted(2, true));
    writer->Write(ReplyOf("b.example.com", "hub:2"));
    writer->Write(Summary());
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  EXPECT_EQ(streams, 3);
}

TEST_F(JobCommandsTest, AHubThatStaysAwayIsGivenUpAndTheWayBackSaid) {
  BreakAfterOneReply(true);
  hub_.watch_script = [](const v1::WatchJobRequest&, grpc::ServerContext*, FakeHub::InvokeWriter*) { return Broken(); };
  const CliResult result = Run({"invoke", "rpcutil", "ping", "--reconnect", "0.3"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.out, HasSubstr("a.example.com"));
  EXPECT_THAT(result.err, HasSubstr(absl::StrCat("'orchctl job watch ", kJob, "' shows the rest")));
  EXPECT_THAT(hub_.watched(), Not(SizeIs(0)));
}

TEST_F(JobCommandsTest, WhatIsNotDurableIsNotFollowedAgain) {
  BreakAfterOneReply(false);
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(hub_.watched(), SizeIs(0));
  EXPECT_THAT(result.err, HasSubstr("the outcome on the others is not known"));
}

TEST_F(JobCommandsTest, AHubThatForgotTheJobIsAnErrorAtOnce) {
  BreakAfterOneReply(true);
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("no job begins so"));
  EXPECT_THAT(hub_.watched(), SizeIs(1));
}

TEST_F(JobCommandsTest, ARequestWithAKeyIsSentAgainBeforeItsAcceptance) {
  int calls = 0;
  hub_.script = [&](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    if (++calls == 1) return Broken();
    v1::InvokeResponse accepted = Accepted(1, true);
    accepted.mutable_accepted()->set_followed(true);
    writer->Write(accepted);
    writer->Write(ReplyOf("a.example.com", "hub:1"));
    writer->Write(Summary());
    return grpc::Status::OK;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping", "--idempotency-key", "k"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("this key's job is there already"));
  calls = 0;
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 6) << "without a key it might run twice";
  EXPECT_EQ(calls, 1);
}

TEST_F(JobCommandsTest, CtrlCSaysHowToComeBackAndASecondOneCancels) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext* context, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(2, true));
    writer->Write(ReplyOf("a.example.com", "hub:1"));
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  for (const int times : {1, 2}) {
    Interrupt interrupt;
    const auto on_text = [&](const std::string& text) {
      for (int i = 0; i < times && absl::StrContains(text, "a.example.com") && interrupt.count() < times; ++i)
        interrupt.Raise();
    };
    const CliResult result = Run({"invoke", "rpcutil", "ping"}, {.interrupt = &interrupt, .on_text = on_text});
    EXPECT_EQ(result.code, 130);
    EXPECT_THAT(result.err, HasSubstr(absl::StrCat("'orchctl job watch ", kJob, "' shows the rest")));
    ASSERT_THAT(hub_.controlled(), SizeIs(times - 1));
  }
  EXPECT_EQ(hub_.controlled()[0].job_id(), kJob);
  EXPECT_EQ(hub_.controlled()[0].verb(), v1::ControlJobRequest::CANCEL);
}

TEST_F(JobCommandsTest, OnATerminalTheSecondCtrlCIsWaitedFor) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext* context, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(2, true));
    writer->Write(ReplyOf("a.example.com", "hub:1"));
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  Interrupt interrupt;
  const auto on_text = [&](const std::string& text) {
    const bool first = absl::StrContains(text, "a.example.com") && interrupt.count() == 0;
    if (first || absl::StrContains(text, "Ctrl-C again within 3s cancels it")) interrupt.Raise();
  };
  const CliResult result =
      Run({"invoke", "rpcutil", "ping", "--np"}, {.terminal = true, .interrupt = &interrupt, .on_text = on_text});
  EXPECT_EQ(result.code, 130);
  EXPECT_THAT(result.err, HasSubstr(absl::StrCat("job ", kJob, " is cancelled")));
  EXPECT_THAT(hub_.controlled(), SizeIs(1));
}

TEST_F(JobCommandsTest, CtrlCBeforeTheHubHasAnsweredDoesNotClaimThatNothingWasSent) {
  Interrupt interrupt;
  hub_.script = [&](const v1::JobSpec&, grpc::ServerContext* context, FakeHub::InvokeWriter*) {
    interrupt.Raise();
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping"}, {.interrupt = &interrupt});
  EXPECT_EQ(result.code, 130);
  EXPECT_EQ(result.err, "orchctl: interrupted before the hub had answered; whether it took the job is not known\n");
  EXPECT_EQ(result.out, "");
}

TEST_F(JobCommandsTest, WhatEndedEarlyIsSaid) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(1, true));
    v1::InvokeResponse paused;
    paused.set_state(v1::JOB_PAUSED);
    paused.set_note("the canary is done");
    writer->Write(paused);
    writer->Write(ReplyOf("a.example.com", "hub:1"));
    writer->Write(Summary("max-failures"));
    return grpc::Status::OK;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_THAT(result.err, AllOf(HasSubstr("is paused: the canary is done; 'orchctl job resume "),
                                HasSubstr("was ended early: max-failures\n")));
  EXPECT_EQ(Json::parse(Run({"invoke", "rpcutil", "ping", "-j"}).out)["request_stats"]["ended_early"], "max-failures");
}

TEST_F(JobCommandsTest, LiveOutputComesInWholeLinesWithTheNodesName) {
  hub_.script = [](const v1::JobSpec& spec, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    EXPECT_TRUE(spec.live_output());
    writer->Write(Accepted(1, true));
    const auto chunk = [&](v1::OutputChunk::Stream stream, uint64_t offset, const char* data) {
      v1::InvokeResponse response;
      v1::OutputChunk* out = response.add_output();
      out->set_identity("a.example.com");
      out->set_stream(stream);
      out->set_offset(offset);
      out->set_data(data);
      writer->Write(response);
    };
    chunk(v1::OutputChunk::STDOUT, 0, "one\ntw");
    chunk(v1::OutputChunk::STDERR, 0, "oops\n");
    chunk(v1::OutputChunk::STDOUT, 4, "two\n");  // overlaps: only the new part counts
    chunk(v1::OutputChunk::STDOUT, 100, "end");  // 92 bytes are missing
    v1::InvokeResponse reply = ReplyOf("a.example.com", "hub:1");
    reply.mutable_replies(0)->set_stdout_bytes(110);
    reply.mutable_replies(0)->set_stderr_bytes(5);
    writer->Write(reply);
    writer->Write(Summary());
    return grpc::Status::OK;
  };
  const CliResult result =
      Run({"invoke", "rpcutil", "ping", "--live"}, {.terminal = true, .variables = {{"NO_COLOR", "1"}}});
  EXPECT_THAT(result.out, StartsWith("a.example.com> one\n"
                                     "a.example.com! oops\n"
                                     "a.example.com> two\n"
                                     "a.example.com> [92 bytes were left out]\n"
                                     "a.example.com> end\n"
                                     "a.example.com> [7 bytes were left out]\n"
                                     "a.example.com                            \n"));
  EXPECT_THAT(result.err, Not(HasSubstr("\r"))) << "no bar between the lines";
  const std::vector<std::string> lines =
      absl::StrSplit(Run({"invoke", "rpcutil", "ping", "--live", "--jsonl"}).out, '\n', absl::SkipEmpty());
  EXPECT_EQ(Json::parse(lines[1]),
            Json::parse(R"({"kind":"output","sender":"a.example.com","stream":"stdout","offset":0,
                                                   "lost":0,"data":"one\ntw"})"));
}

TEST_F(JobCommandsTest, LiveOutputBeginsAnewWithEachAttempt) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(1, true));
    for (const uint32_t attempt : {1u, 2u, 1u}) {
      v1::InvokeResponse response;
      v1::OutputChunk* out = response.add_output();
      out->set_identity("a.example.com");
      out->set_stream(v1::OutputChunk::STDOUT);
      out->set_attempt(attempt);
      out->set_data(attempt == 1 ? "first, long" : "second\n");
      writer->Write(response);
    }
    v1::InvokeResponse reply = ReplyOf("a.example.com", "hub:1");
    reply.mutable_replies(0)->set_attempt(2);
    reply.mutable_replies(0)->set_stdout_bytes(7);
    writer->Write(reply);
    writer->Write(Summary());
    return grpc::Status::OK;
  };
  const CliResult result =
      Run({"invoke", "rpcutil", "ping", "--live"}, {.terminal = true, .variables = {{"NO_COLOR", "1"}}});
  EXPECT_THAT(result.out, StartsWith("a.example.com> first, long\n"
                                     "a.example.com> second\n"
                                     "a.example.com                            \n"));
}

TEST_F(JobCommandsTest, JobsAreListedOverAllPages) {
  hub_.jobs.push_back(MakeJob(std::string(32, 'a'), v1::JOB_PAUSED));
  const CliResult result = Run({"job", "list"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], MatchesRegex("JOB +STATE +CREATED +CALLER +ACTION +NODES +OK +FAILED +MISSING"));
  EXPECT_THAT(lines[1], MatchesRegex("01234567 +running +2023-.* psk=peadmin +rpcutil get_fact +4 +2 +1 +0"));
  EXPECT_THAT(lines[3], HasSubstr("aaaaaaaa  paused"));
  EXPECT_THAT(hub_.listed(), SizeIs(2)) << "pages of two";
  const Json json = Json::parse(Run({"job", "list", "-j"}).out);
  EXPECT_EQ(json[0]["job_id"], kJob);
  EXPECT_EQ(json[0]["inputs"]["fact"], "role");
  const CliResult first = Run({"job", "list", "-n", "1"});
  EXPECT_THAT(first.out, Not(HasSubstr("fedcba98")));
  EXPECT_THAT(first.err, HasSubstr("there are more"));
}

TEST_F(JobCommandsTest, ListTakesFilters) {
  Run({"job", "list", "--caller", "psk=x", "--plugin", "package", "--action", "install", "--state", "finished",
       "--since", "2023-11-14", "--until", "1h"});
  ASSERT_THAT(hub_.listed(), SizeIs(1));
  const v1::ListJobsRequest request = hub_.listed()[0];
  EXPECT_EQ(request.caller(), "psk=x");
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
      {{"job", "list", "--state", "open"}, "'open' is none of running, paused, finished"},
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

TEST_F(JobCommandsTest, JobsAreCancelledPausedAndResumed) {
  EXPECT_THAT(Run({"job", "cancel", "01234567", "fedcba98", "--reason", "wrong day"}).out,
              HasSubstr(absl::StrCat("Job ", kJob, " cancelled, now running\nJob ", kOther)));
  Run({"job", "pause", "01234567"});
  Run({"job", "resume", "01234567"});
  ASSERT_THAT(hub_.controlled(), SizeIs(4));
  EXPECT_EQ(hub_.controlled()[0].reason(), "wrong day");
  EXPECT_EQ(hub_.controlled()[2].verb(), v1::ControlJobRequest::PAUSE);
  EXPECT_EQ(hub_.controlled()[3].verb(), v1::ControlJobRequest::RESUME);
  const CliResult mixed = Run({"job", "cancel", "99999999", "01234567"});
  EXPECT_EQ(mixed.code, 1);
  EXPECT_THAT(mixed.out, HasSubstr(kJob)) << "the others are tried all the same";
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
  EXPECT_THAT(refused.err, HasSubstr("give them again: orchctl job retry-failed JOB password=…"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  Run({"job", "retry-failed", "fedcba98", "password=swordfish"});
  ASSERT_THAT(hub_.invoked(), SizeIs(1));
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"password":"swordfish"})");
}

TEST_F(JobCommandsTest, PruneAndLocks) {
  EXPECT_EQ(Run({"job", "prune", "--finished-before", "2023-11-14", "--keep", "10"}).out, "7 jobs forgotten\n");
  EXPECT_EQ(hub_.last_prune().keep(), 10u);
  EXPECT_GT(hub_.last_prune().finished_before_us(), 0);
  EXPECT_EQ(Run({"job", "locks"}).err, "No job holds a lock.\n");
  auto* lock = hub_.locks.add_locks();
  lock->set_name("deploy");
  lock->set_job_id(kJob);
  lock->set_caller("psk=peadmin");
  lock->set_since_us(1'700'000'000'000'000);
  EXPECT_THAT(Run({"job", "locks"}).out, HasSubstr(absl::StrCat("deploy  ", kJob, "  psk=peadmin  2023-")));
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
  EXPECT_THAT(result.out, AllOf(HasSubstr("  node_connected  a.example.com\n"),
                                HasSubstr("  job_finished  01234567  rpcutil get_fact by psk=peadmin, 2 ok, 1 failed"),
                                HasSubstr("  5 events were lost: ")));
  EXPECT_THAT(result.err, HasSubstr("the watch goes on. Trying again"));
  streams = 0;
  const std::string line = Run({"events", "--follow", "--nodes", "--since", "c0", "-n", "1", "-j"}).out;
  EXPECT_EQ(Json::parse(line)["event"], "node_connected");
  EXPECT_EQ(Json::parse(line)["cursor"], "c1");
}

TEST_F(JobCommandsTest, EventsThatAreNotFollowedEndWhenAllIsTold) {
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

TEST_F(JobCommandsTest, AHubThatIsDownIsSaidByEveryVerb) {
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

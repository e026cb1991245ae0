// A job asked for and followed to its end: rollout options, broken streams, Ctrl-C, live output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/jobs/answer.h"
#include "tests/cli/job_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using testing::FakeHub;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using JobFollowTest = JobHubTest;

TEST_F(JobFollowTest, RolloutOptionsReachTheHub) {
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

TEST_F(JobFollowTest, RolloutOptionsThatDoNotFitAreRefusedUnsent) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--canary-continue"}, "--canary-continue needs --canary COUNT"},
      {{"--canary", "0"}, "option --canary: '0' is no whole number above 0"},
      {{"--group-by", "rack"}, "--group-by needs --group-concurrency"},
      {{"--groups-at-once", "2"}, "need --group-by FACT"},
      {{"--retry-sleep", "1"}, "--retry-sleep needs --retries"},
      {{"--retries", "2"}, "not declared as one"},
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

TEST_F(JobFollowTest, AsyncPrintsTheIdAndEnds) {
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

TEST_F(JobFollowTest, ABrokenStreamIsFollowedFromItsCursorAndNothingIsShownTwice) {
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

TEST_F(JobFollowTest, AStreamThatBreaksAgainAndAgainIsFollowedEachTime) {
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

TEST_F(JobFollowTest, AfterTheReconnectTimeTheWatchCommandIsPrinted) {
  BreakAfterOneReply(true);
  hub_.watch_script = [](const v1::WatchJobRequest&, grpc::ServerContext*, FakeHub::InvokeWriter*) { return Broken(); };
  const CliResult result = Run({"invoke", "rpcutil", "ping", "--reconnect", "0.3"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.out, HasSubstr("a.example.com"));
  EXPECT_THAT(result.err, HasSubstr(absl::StrCat("'orchctl job watch ", kJob, "' shows the rest")));
  EXPECT_THAT(hub_.watched(), Not(SizeIs(0)));
}

TEST_F(JobFollowTest, AJobThatIsNotDurableIsNotFollowedAfterABreak) {
  BreakAfterOneReply(false);
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(hub_.watched(), SizeIs(0));
  EXPECT_THAT(result.err, HasSubstr("the outcome on the others is not known"));
}

TEST_F(JobFollowTest, AHubThatForgotTheJobIsAnErrorAtOnce) {
  BreakAfterOneReply(true);
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("no job begins so"));
  EXPECT_THAT(hub_.watched(), SizeIs(1));
}

TEST_F(JobFollowTest, ARequestWithAKeyIsSentAgainBeforeItsAcceptance) {
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

TEST_F(JobFollowTest, CtrlCPrintsTheWatchCommandAndASecondOneCancels) {
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

TEST_F(JobFollowTest, OnATerminalTheClientWaitsForASecondCtrlC) {
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

TEST_F(JobFollowTest, CtrlCBeforeTheHubHasAnsweredDoesNotClaimThatNothingWasSent) {
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

TEST_F(JobFollowTest, TheReasonOfAnEarlyEndIsPrinted) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(1, true));
    v1::InvokeResponse paused;
    paused.set_state(v1::JOB_PAUSED);
    paused.set_note("the canary is done");
    writer->Write(paused);
    writer->Write(ReplyOf("a.example.com", "hub:1"));
    writer->Write(Summary(v1::STOP_REASON_MAX_FAILURES));
    return grpc::Status::OK;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_THAT(result.err, AllOf(HasSubstr("is paused: the canary is done; 'orchctl job resume "),
                                HasSubstr("was ended early: max-failures\n")));
  EXPECT_EQ(Json::parse(Run({"invoke", "rpcutil", "ping", "-j"}).out)["request_stats"]["ended_early"], "max-failures");
}

// What the hub says to a client that does not keep up.
grpc::Status CutOff() { return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the client reads too slowly"}; }

TEST_F(JobFollowTest, ASlowReaderContinuesAtItsCursor) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(3, false));  // recorded in memory is enough
    writer->Write(ReplyOf("a.example.com", "hub:1"));
    return CutOff();
  };
  hub_.watch_script = [](const v1::WatchJobRequest& request, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(3, false));
    if (request.cursor() == "hub:1") {
      writer->Write(ReplyOf("b.example.com", "hub:2"));
      return CutOff();
    }
    writer->Write(ReplyOf("c.example.com", "hub:3"));
    writer->Write(Summary());
    return grpc::Status::OK;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping", "--senders"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "a.example.com\nb.example.com\nc.example.com\n");
  EXPECT_EQ(result.err, "");
  ASSERT_THAT(hub_.watched(), SizeIs(2));
  EXPECT_EQ(hub_.watched()[1].cursor(), "hub:2");
}

TEST_F(JobFollowTest, ASlowReaderOfAnUnstoredJobGetsAnError) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse accepted = Accepted(3, false);
    accepted.clear_cursor();
    writer->Write(accepted);
    writer->Write(ReplyOf("a.example.com", ""));
    return CutOff();
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping", "--senders"});
  EXPECT_EQ(result.code, 7);
  EXPECT_EQ(result.out, "a.example.com\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("was read too slowly, so the hub stopped sending"), HasSubstr("--record"),
                                HasSubstr("1 of 3 nodes had answered")));
  EXPECT_THAT(hub_.watched(), SizeIs(0));
}

TEST_F(JobFollowTest, NodesThatWereNotSentTheCommandDoNotCountAsAnswers) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(5, true));
    v1::InvokeResponse response = ReplyOf("a.example.com", "hub:1");
    *response.add_replies() = testing::FailedReply("b.example.com", v1::FAILED, 1, "broken");
    v1::Reply told = testing::FailedReply("told.example.com", v1::CANCELLED, 5, "ended by the caller");
    told.set_attempt(1);
    *response.add_replies() = told;
    for (const char* name : {"c.example.com", "d.example.com"})
      *response.add_replies() = testing::FailedReply(name, v1::CANCELLED, 5, "too many nodes had failed");
    response.mutable_replies(1)->set_attempt(1);
    writer->Write(response);
    writer->Write(Summary(v1::STOP_REASON_MAX_FAILURES));
    return grpc::Status::OK;
  };
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("Finished processing 3 / 5 hosts"));
  EXPECT_THAT(result.out, HasSubstr("c.example.com                            Not Sent\n   too many nodes had failed"));
  EXPECT_THAT(result.out, HasSubstr("told.example.com                         Request Cancelled\n"));
  EXPECT_THAT(result.out, HasSubstr("Not sent the command (max-failures):\n\n    c.example.com "));
  EXPECT_THAT(result.out, Not(HasSubstr("No response from")));
  const std::string on_terminal = Run({"invoke", "rpcutil", "ping"}, {.terminal = true}).out;
  EXPECT_THAT(on_terminal, HasSubstr("processing \x1b[33m3\x1b[0m / \x1b[33m5\x1b[0m")) << "yellow, not green";
  const Json stats = Json::parse(Run({"invoke", "rpcutil", "ping", "-j"}).out)["request_stats"];
  EXPECT_EQ(stats["not_sent"], Json({"c.example.com", "d.example.com"}));
  EXPECT_EQ(stats["responses"], 3);
  EXPECT_EQ(stats["failed"], 2);
  EXPECT_EQ(stats["discovered"], 5);
  EXPECT_THAT(Run({"invoke", "rpcutil", "ping", "-v"}).out, HasSubstr("        Not Sent: 2\n"));
}

TEST_F(JobFollowTest, LiveOutputComesInWholeLinesWithTheNodesName) {
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

TEST_F(JobFollowTest, LiveOutputCutWithinACharacterIsJoined) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    writer->Write(Accepted(1, true));
    uint64_t offset = 0;
    for (const std::string data : {"Z\xc3", "\xbcrich \xf0\x9f", "\x91",
                                   "\x8d\n\x9b"
                                   "2J",
                                   "\xe2\x80", "\xae.\n"}) {
      v1::InvokeResponse response;
      v1::OutputChunk* out = response.add_output();
      out->set_identity("a.example.com");
      out->set_stream(v1::OutputChunk::STDOUT);
      out->set_offset(offset);
      out->set_data(data);
      offset += data.size();
      writer->Write(response);
    }
    v1::InvokeResponse reply = ReplyOf("a.example.com", "hub:1");
    reply.mutable_replies(0)->set_stdout_bytes(offset);
    writer->Write(reply);
    writer->Write(Summary());
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({"invoke", "rpcutil", "ping", "--live"}).out, StartsWith("a.example.com> Zürich 👍\n"
                                                                           "a.example.com> \\x9b2J\\u202e.\n"));
  const std::vector<std::string> lines =
      absl::StrSplit(Run({"invoke", "rpcutil", "ping", "--live", "--jsonl"}).out, '\n', absl::SkipEmpty());
  std::string text;
  for (const std::string& line : lines) {
    const Json json = Json::parse(line);
    if (json["kind"] != "output") continue;
    EXPECT_EQ(json["offset"], text.size()) << line;  // here U+FFFD stands for one byte
    text += absl::StrReplaceAll(json["data"].get<std::string>(), {{"\uFFFD", "?"}});
    EXPECT_THAT(line, Not(HasSubstr("\u202e")));
  }
  EXPECT_EQ(text, "Zürich 👍\n?2J\u202e.\n");
}

TEST_F(JobFollowTest, LiveOutputStartsOverWithEachAttempt) {
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

// A job that is paused after its canary and ends once somebody has answered.
class CanaryQuestionTest : public JobHubTest {
 protected:
  testing::CliResult Answer(const std::string& typed, bool terminal) {
    hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
      writer->Write(Accepted(2, true));
      v1::InvokeResponse paused = ReplyOf("a.example.com", "hub:1");
      paused.set_state(v1::JOB_PAUSED);
      paused.set_note("the first nodes (canary) succeeded, the others wait for your word");
      writer->Write(paused);
      writer->Write(ReplyOf("b.example.com", "hub:2"));
      writer->Write(Summary());
      return grpc::Status::OK;
    };
    const testing::PipeWith input(typed);
    return Run({"invoke", "rpcutil", "ping", "--canary", "1", "--no-stdin"},
               {.stdin_fd = input.fd(), .terminal = terminal});
  }
};

TEST_F(CanaryQuestionTest, OnATerminalThePersonIsAsked) {
  const CliResult yes = Answer("y\n", true);
  EXPECT_EQ(yes.code, 0) << yes.err;
  EXPECT_THAT(yes.err, HasSubstr("The first 1 of 2 nodes (canary) succeeded. Go on with the others?"));
  ASSERT_THAT(hub_.controlled(), SizeIs(1));
  EXPECT_EQ(hub_.controlled()[0].verb(), v1::ControlJobRequest::RESUME);
  EXPECT_EQ(hub_.controlled()[0].job_id(), kJob);
  Answer("c\n", true);
  ASSERT_THAT(hub_.controlled(), SizeIs(2));
  EXPECT_EQ(hub_.controlled()[1].verb(), v1::ControlJobRequest::CANCEL);
  for (const char* no : {"n\n", "\n", ""}) {
    EXPECT_THAT(Answer(no, true).err, HasSubstr("stays paused; 'orchctl job resume")) << no;
  }
  EXPECT_THAT(hub_.controlled(), SizeIs(2));
}

TEST_F(CanaryQuestionTest, WithoutATerminalTheResumeCommandIsPrinted) {
  const CliResult result = Answer("y\n", false);
  EXPECT_THAT(result.err, HasSubstr("is paused: the first nodes (canary) succeeded"));
  EXPECT_THAT(hub_.controlled(), SizeIs(0));
}

}  // namespace
}  // namespace orch::cli

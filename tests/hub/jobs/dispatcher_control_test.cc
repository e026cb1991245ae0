// Steering and watching jobs: cancel, pause, canaries, locks, keys, late watchers.
#include "gmock/gmock.h"
#include "tests/hub/jobs/dispatcher_fixture.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Verb = v1::ControlJobRequest;

class ControlTest : public DispatcherTest {};

TEST_F(ControlTest, CancelEndsWhatIsNotSentAndTellsNodesAtWork) {
  Connect(Names(3));
  Dispatcher::Request request = RecordedFor(Names(3));
  request.spec.set_concurrency(1);
  const std::string job = Run(std::move(request));
  const auto answer = Control(job.substr(0, 8), Verb::CANCEL);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->job_id(), job);
  EXPECT_THAT(nodes_.nodes["n0"]->cancelled, ElementsAre(job));
  EXPECT_FALSE(client_->ended) << "the node says itself how it ended";
  Answer("n0", job, v1::CANCELLED, 5);
  EXPECT_EQ(ReplyOf("n1").state(), v1::CANCELLED);
  EXPECT_EQ(ReplyOf("n1").kind(), v1::ERROR_KIND_CANCELLED);
  EXPECT_THAT(ReplyOf("n1").status_message(), HasSubstr("client=boss"));
  EXPECT_THAT(ReplyOf("n1").status_message(), HasSubstr("for a test"));
  EXPECT_EQ(Given("n1"), 0u);
  ExpectCounts(3, 0, 3, 0);
  EXPECT_EQ(Summary().stop_reason(), v1::STOP_REASON_CANCELLED);
}

TEST_F(ControlTest, ACancelledNodeThatIsAwayIsToldWhenItIsBack) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  Leave("n0");
  ASSERT_TRUE(Control(job, Verb::CANCEL).ok());
  EXPECT_FALSE(client_->ended);
  EXPECT_THAT(Return("n0").cancelled, ElementsAre(job));
  Tell("n0", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(Given("n0"), 0u) << "a cancelled command is not sent again";
  EXPECT_EQ(ReplyOf("n0").state(), v1::EXPIRED);
}

TEST_F(ControlTest, CancelEndsAJobThatIsPausedOrWaitsForAbsentNodes) {
  Dispatcher::Request request = RecordedFor({"n0"});
  request.spec.set_queue_offline(true);
  request.spec.set_ttl_ms(3'600'000);
  const std::string job = Run(std::move(request));
  ASSERT_TRUE(Control(job, Verb::PAUSE).ok());
  ASSERT_TRUE(Control(job, Verb::CANCEL).ok());
  EXPECT_EQ(ReplyOf("n0").state(), v1::CANCELLED);
  EXPECT_EQ(dispatcher_->queued_tasks(), 0u);
  EXPECT_EQ(dispatcher_->running(), 0u);
}

TEST_F(ControlTest, APausedJobReleasesNothingUntilItIsResumed) {
  Connect(Names(2));
  Dispatcher::Request request = RequestFor(Names(2));
  request.spec.set_concurrency(1);
  const std::string job = Run(std::move(request));
  const auto paused = Control(job, Verb::PAUSE);
  ASSERT_TRUE(paused.ok());
  EXPECT_EQ(paused->state(), v1::JOB_PAUSED);
  EXPECT_THAT(paused->paused_because(), HasSubstr("asked by client=boss"));
  Answer("n0", job);
  EXPECT_EQ(Given("n1"), 0u);
  EXPECT_EQ(client_->responses.at(1).state(), v1::JOB_PAUSED);
  EXPECT_THAT(client_->responses.at(1).note(), HasSubstr("asked by client=boss"));
  const auto resumed = Control(job, Verb::RESUME);
  ASSERT_TRUE(resumed.ok());
  EXPECT_EQ(resumed->state(), v1::JOB_RUNNING);
  EXPECT_EQ(Given("n1"), 1u);
  EXPECT_TRUE(absl::IsFailedPrecondition(Control(job, Verb::RESUME).status()));
  Answer("n1", job);
  ExpectCounts(2, 2, 0, 0);
}

TEST_F(ControlTest, GoodCanariesPauseTheJobAndSayWhatToDo) {
  Connect(Names(3));
  Dispatcher::Request request = RecordedFor(Names(3));
  request.spec.set_canary(1);
  const std::string job = Run(std::move(request));
  Answer("n0", job);
  const v1::InvokeResponse& told = client_->responses.back();
  EXPECT_EQ(told.state(), v1::JOB_PAUSED);
  EXPECT_THAT(told.note(), HasSubstr("canary"));
  EXPECT_EQ(Given("n1"), 0u);
  ASSERT_TRUE(Control(job, Verb::RESUME).ok());
  EXPECT_EQ(Given("n1") + Given("n2"), 2u);
}

TEST_F(ControlTest, ABadCanaryEndsTheJob) {
  Connect(Names(3));
  Dispatcher::Request request = RecordedFor(Names(3));
  request.spec.set_canary(1);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  EXPECT_EQ(ReplyOf("n1").kind(), v1::ERROR_KIND_CANARY);
  ExpectCounts(3, 0, 3, 0);
  EXPECT_EQ(Summary().stop_reason(), v1::STOP_REASON_CANARY);
}

TEST_F(ControlTest, SaysWhyAJobCannotBeControlled) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  EXPECT_TRUE(absl::IsInvalidArgument(Control(job, Verb::VERB_UNSPECIFIED).status()));
  EXPECT_TRUE(absl::IsNotFound(Control(std::string(32, 'e'), Verb::CANCEL).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Control("xyz", Verb::CANCEL).status()));
  Answer("n0", job);
  const absl::Status ended = Control(job, Verb::CANCEL).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(ended));
  EXPECT_THAT(std::string(ended.message()), HasSubstr("has ended"));
}

TEST_F(ControlTest, TwoJobsCannotHoldOneLock) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.spec.set_lock("deploy");
  const std::string job = Run(request);
  const auto second = std::make_shared<FakeSink<v1::InvokeResponse>>();
  const absl::Status refused = dispatcher_->Start(request, second);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("client=peadmin"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr(job));
  Dispatcher::Request other = RequestFor({"n0"});
  other.spec.set_lock("backup");
  EXPECT_TRUE(dispatcher_->Start(other, second).ok());
  Answer("n0", job);
  EXPECT_TRUE(dispatcher_->Start(request, std::make_shared<FakeSink<v1::InvokeResponse>>()).ok());
}

TEST_F(ControlTest, AJobThatCouldNotBeStoredGivesItsLockBack) {
  Connect({"n0"});
  Dispatcher::Request request = RecordedFor({"n0"});
  request.spec.set_lock("deploy");
  test_store_.full = true;
  Run(request);
  test_store_.full = false;
  EXPECT_TRUE(dispatcher_->Start(request, std::make_shared<FakeSink<v1::InvokeResponse>>()).ok());
}

class KeyTest : public ControlTest {
 protected:
  absl::Status Follow(const v1::JobSpec& spec, const std::string& caller,
                      std::shared_ptr<FakeSink<v1::InvokeResponse>> sink, const std::string& cursor = "") {
    absl::Status told = absl::UnknownError("no answer");
    dispatcher_->FollowKey(spec, caller, cursor, sink, [&told](absl::Status status) { told = std::move(status); });
    executor_.RunUntilIdle();
    return told;
  }
};

TEST_F(KeyTest, TheSameRequestWithTheSameKeyFollowsTheFirstJob) {
  Connect({"n0", "n1"});
  Dispatcher::Request request = RecordedFor({"n0", "n1"});
  request.spec.set_idempotency_key("ticket-1");
  const auto second = std::make_shared<FakeSink<v1::InvokeResponse>>();
  EXPECT_TRUE(absl::IsNotFound(Follow(request.spec, request.caller, second)));
  const std::string job = Run(request);
  Answer("n0", job);
  ASSERT_TRUE(Follow(request.spec, request.caller, second).ok());
  EXPECT_EQ(second->responses.front().accepted().job_id(), job);
  EXPECT_TRUE(second->responses.front().accepted().followed());
  Answer("n1", job);
  EXPECT_THAT(Identities(*second), ElementsAre("n0", "n1"));
  EXPECT_EQ(second->responses.back().summary().ok(), 2u);
  EXPECT_TRUE(second->end.ok());
  const auto third = std::make_shared<FakeSink<v1::InvokeResponse>>();
  ASSERT_TRUE(Follow(request.spec, request.caller, third, MakeCursor(store_.id(), 1)).ok());
  EXPECT_THAT(Identities(*third), ElementsAre("n1")) << "a finished job is followed too, from the cursor";
}

TEST_F(KeyTest, AKeyNamesOneRequestOfOneCaller) {
  Connect({"n0"});
  Dispatcher::Request request = RecordedFor({"n0"});
  request.spec.set_idempotency_key("ticket-1");
  Run(request);
  const auto sink = std::make_shared<FakeSink<v1::InvokeResponse>>();
  EXPECT_TRUE(absl::IsNotFound(Follow(request.spec, "client=other", sink)));
  v1::JobSpec other = request.spec;
  other.set_inputs_json("{\"x\":1}");
  EXPECT_TRUE(absl::IsInvalidArgument(Follow(other, request.caller, sink)));
  other = request.spec;
  other.mutable_target()->set_limit(1);
  EXPECT_TRUE(absl::IsInvalidArgument(Follow(other, request.caller, sink)));
  other = request.spec;
  other.set_inputs_json("");
  EXPECT_TRUE(Follow(other, request.caller, sink).ok()) << "no inputs, said in two ways";
}

TEST_F(KeyTest, OfTwoCallsAtOnceTheSecondFollowsTheFirst) {
  Connect({"n0"});
  Dispatcher::Request request = RecordedFor({"n0"});
  request.spec.set_idempotency_key("ticket-1");
  const auto second = std::make_shared<FakeSink<v1::InvokeResponse>>();
  ASSERT_TRUE(dispatcher_->Start(request, client_).ok());
  ASSERT_TRUE(dispatcher_->Start(request, second).ok());
  executor_.RunUntilIdle();
  ASSERT_EQ(Given("n0"), 1u);
  EXPECT_EQ(dispatcher_->running(), 1u);
  EXPECT_TRUE(second->responses.front().accepted().followed());
  Answer("n0", client_->responses.front().accepted().job_id());
  EXPECT_THAT(Identities(*second), ElementsAre("n0"));
}

class WatchTest : public ControlTest {};

TEST_F(WatchTest, EveryWatcherGetsEveryReplyOnceWheneverItCame) {
  const std::vector<std::string> names = Names(10);
  Connect(names);
  const std::string job = Run(RecordedFor(names));
  const auto early = Watch(job);
  std::vector<std::shared_ptr<FakeSink<v1::InvokeResponse>>> sinks = {early};
  for (const std::string& name : names) {
    Answer(name, job);
    if (name == "n9") break;
    sinks.push_back(Watch(job.substr(0, 10)));
  }
  executor_.Advance(absl::Milliseconds(2));
  for (const auto& sink : sinks) {
    EXPECT_THAT(Identities(*sink), ElementsAreArray(names));
    EXPECT_EQ(sink->responses.back().summary().ok(), 10u);
    EXPECT_TRUE(sink->ended && sink->end.ok());
  }
  EXPECT_THAT(Identities(*client_), ElementsAreArray(names));
  EXPECT_THAT(Identities(*Watch(job)), ElementsAreArray(names)) << "also when it is over";
}

TEST_F(WatchTest, AWatchGoesOnAfterTheCursor) {
  const std::vector<std::string> names = Names(8);
  Connect(names);
  const std::string job = Run(RecordedFor(names));
  for (int i = 0; i < 5; ++i) Answer(names[i], job);
  executor_.Advance(absl::Milliseconds(2));
  const auto rest = Watch(job, MakeCursor(store_.id(), 4));
  for (int i = 5; i < 8; ++i) Answer(names[i], job);
  EXPECT_THAT(Identities(*rest), ElementsAre("n4", "n5", "n6", "n7"));
  const std::string last = rest->responses.back().cursor();
  const auto none = Watch(job, last);
  EXPECT_THAT(Identities(*none), IsEmpty());
  EXPECT_EQ(none->responses.back().summary().ok(), 8u);
}

TEST_F(WatchTest, ACursorOfAnotherHubIsRefusedPlainly) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  EXPECT_TRUE(absl::IsFailedPrecondition(Watch(job, "0123456789abcdef:1")->end));
  EXPECT_TRUE(absl::IsInvalidArgument(Watch(job, "nonsense")->end));
  EXPECT_TRUE(absl::IsNotFound(Watch(std::string(32, 'e'))->end));
  EXPECT_TRUE(absl::IsInvalidArgument(Watch("12")->end));
}

TEST_F(WatchTest, ASlowWatcherOfThePastIsWaitedFor) {
  const std::vector<std::string> names = Names(9);
  Connect(names);
  const std::string job = Run(RecordedFor(names));
  for (const std::string& name : names) Answer(name, job);
  const auto slow = std::make_shared<FakeSink<v1::InvokeResponse>>();
  slow->room = 2;
  v1::WatchJobRequest request;
  request.set_job_id(job);
  dispatcher_->Watch(request, slow);
  executor_.RunUntilIdle();
  EXPECT_FALSE(slow->ended);
  while (!slow->ended) {
    ASSERT_TRUE(slow->drained != nullptr);
    slow->room = 2;
    const std::function<void()> drained = slow->drained;
    drained();
    executor_.RunUntilIdle();
  }
  EXPECT_THAT(Identities(*slow), ElementsAreArray(names));
  EXPECT_EQ(slow->responses.back().summary().ok(), 9u);
}

TEST_F(WatchTest, ASlowWatcherIsCutOffAndTheOthersNoticeNothing) {
  Connect(Names(3));
  const std::string job = Run(RecordedFor(Names(3)));
  const auto slow = Watch(job);
  const auto other = Watch(job);
  slow->room = 0;
  Answer("n0", job);
  executor_.Advance(absl::Milliseconds(2));
  EXPECT_TRUE(absl::IsResourceExhausted(slow->end));
  Answer("n1", job);
  Answer("n2", job);
  EXPECT_EQ(other->responses.back().summary().ok(), 3u);
}

TEST_F(WatchTest, TargetsThatFellAwayMeanwhileAreTold) {
  Connect(Names(2));
  auto request = RecordedFor(Names(2));
  request.may_decline = MayDecline::kAlways;
  const std::string job = Run(std::move(request));
  Tell("n0", job, v1::TaskUpdate::FILTERED);
  const auto late = Watch(job);
  EXPECT_EQ(late->responses.front().accepted().targets(), 1u);
  Answer("n1", job);
  EXPECT_EQ(late->responses.back().summary().targets(), 1u);
}

TEST_F(WatchTest, AJobThatIsNotKeptCannotBeWatchedLater) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0"}));
  const auto late = Watch(job);
  EXPECT_TRUE(absl::IsFailedPrecondition(late->end));
  EXPECT_THAT(std::string(late->end.message()), HasSubstr("--record"));
}

TEST_F(WatchTest, WatchersOfOneJobAreBounded) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  std::vector<std::shared_ptr<FakeSink<v1::InvokeResponse>>> sinks;
  for (size_t i = 1; i < kMaxWatchesPerJob; ++i) sinks.push_back(Watch(job));
  EXPECT_TRUE(absl::IsResourceExhausted(Watch(job)->end));
  sinks.front()->room = 0;  // one leaves
  Answer("n0", job);
}

TEST_F(WatchTest, OutputThatAClientIsTooSlowForLeavesAGapAndNoReplyOut) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.spec.set_live_output(true);
  const std::string job = Run(std::move(request));
  const auto print = [&](uint64_t offset) {
    v1::TaskUpdate update;
    update.set_kind(v1::TaskUpdate::OUTPUT);
    update.mutable_output()->set_stream(v1::OutputChunk::STDOUT);
    update.mutable_output()->set_offset(offset);
    update.mutable_output()->set_data("12345");
    dispatcher_->OnUpdate("n0", job, update);
    executor_.Advance(absl::Milliseconds(2));
  };
  print(0);
  client_->backlog = kMaxWatchBytes;
  print(5);
  print(10);
  client_->backlog = 0;
  print(15);
  std::vector<v1::OutputChunk> chunks;
  for (const v1::InvokeResponse& response : client_->responses) {
    chunks.insert(chunks.end(), response.output().begin(), response.output().end());
  }
  ASSERT_THAT(chunks, SizeIs(2));
  EXPECT_EQ(chunks[0].identity(), "n0");
  EXPECT_EQ(chunks[0].attempt(), 1u);
  EXPECT_EQ(chunks[1].offset(), 15u);
  EXPECT_EQ(chunks[1].gap(), 10u);
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(WatchTest, OutputThatIsNoneIsDropped) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.spec.set_live_output(true);
  const std::string job = Run(std::move(request));
  const auto print = [&](int stream, size_t bytes) {
    v1::TaskUpdate update;
    update.set_kind(v1::TaskUpdate::OUTPUT);
    update.mutable_output()->set_stream(static_cast<v1::OutputChunk::Stream>(stream));
    update.mutable_output()->set_data(std::string(bytes, 'x'));
    dispatcher_->OnUpdate("n0", job, update);
    executor_.Advance(absl::Milliseconds(2));
  };
  for (const int stream : {0, 3, 1'000'000}) print(stream, 1);
  print(v1::OutputChunk::STDERR, kMaxChunkBytes + 1);
  print(v1::OutputChunk::STDERR, kMaxChunkBytes);
  std::vector<v1::OutputChunk> chunks;
  for (const v1::InvokeResponse& response : client_->responses) {
    chunks.insert(chunks.end(), response.output().begin(), response.output().end());
  }
  ASSERT_THAT(chunks, SizeIs(1));
  EXPECT_EQ(chunks[0].data().size(), kMaxChunkBytes);
  EXPECT_EQ(dispatcher_->counters().unexpected, 4u);
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(ControlTest, AThousandJobsRunAtOnceAndOneMoreIsRefused) {
  dispatcher_ = NewDispatcher(1000);
  Connect({"n0"});
  std::vector<std::shared_ptr<FakeSink<v1::InvokeResponse>>> sinks;
  for (int i = 0; i < 1000; ++i) {
    sinks.push_back(std::make_shared<FakeSink<v1::InvokeResponse>>());
    ASSERT_TRUE(dispatcher_->Start(RecordedFor({"n0"}), sinks.back()).ok());
  }
  executor_.RunUntilIdle();
  EXPECT_TRUE(absl::IsResourceExhausted(dispatcher_->Start(RecordedFor({"n0"}), client_)));
  const std::vector<std::string> jobs = nodes_.nodes["n0"]->jobs;
  ASSERT_THAT(jobs, SizeIs(1000));
  Leave("n0");
  EXPECT_THAT(Return("n0").queries, SizeIs(1000));
  for (const std::string& job : jobs) Answer("n0", job);
  for (const auto& sink : sinks) EXPECT_EQ(sink->responses.back().summary().ok(), 1u);
  EXPECT_EQ(dispatcher_->running(), 0u);
}

}  // namespace
}  // namespace orch::hub

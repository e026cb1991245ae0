#include "services/hub/jobs/dispatcher.h"

#include "gmock/gmock.h"
#include "tests/hub/jobs/dispatcher_fixture.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(DispatcherTest, RefusesACommandNoNodeCouldReceive) {
  Connect({"a"});
  Dispatcher::Request request = RequestFor({"a"});
  request.spec.set_inputs_json(std::string((4u << 20) - 100, ' '));
  EXPECT_EQ(dispatcher_->Start(std::move(request), client_).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(dispatcher_->running(), 0u);
  EXPECT_TRUE(nodes_.nodes["a"]->jobs.empty());
}

TEST_F(DispatcherTest, EndsWhenTheLastReplyIsInWithoutWaiting) {
  Connect({"n0", "n1"});
  const std::string job = Run(RequestFor({"n0", "n1"}));
  EXPECT_EQ(client_->responses.front().accepted().targets(), 2u);
  Answer("n0", job);
  EXPECT_FALSE(client_->ended);
  Answer("n1", job);
  EXPECT_TRUE(client_->end.ok());
  ExpectCounts(2, 2, 0, 0);
  EXPECT_EQ(dispatcher_->running(), 0u);
}

TEST_F(DispatcherTest, GivesEveryTargetTheSameBody) {
  Connect({"n0", "n1"});
  Run(RequestFor({"n0", "n1"}));
  EXPECT_EQ(nodes_.nodes["n0"]->bodies.front(), nodes_.nodes["n1"]->bodies.front());
  v1::Command command;
  ASSERT_TRUE(command.ParseFromString(nodes_.nodes["n0"]->bodies.front()->bytes));
  EXPECT_EQ(command.plugin(), "rpcutil");
  EXPECT_EQ(command.caller(), "client=peadmin");
  EXPECT_EQ(command.timeout_ms(), 5000);
  EXPECT_EQ(nodes_.nodes["n0"]->bodies.front()->sha256, Sha256(nodes_.nodes["n0"]->bodies.front()->bytes));
}

TEST_F(DispatcherTest, AJobWithoutTargetsEndsAtOnce) {
  Run(RequestFor({}));
  ExpectCounts(0, 0, 0, 0);
}

TEST_F(DispatcherTest, ANodeThatIsNotConnectedIsOffline) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0", "gone"}));
  Answer("n0", job);
  EXPECT_EQ(ReplyOf("gone").state(), v1::OFFLINE);
  EXPECT_EQ(ReplyOf("gone").kind(), v1::ERROR_KIND_OFFLINE);
  ExpectCounts(2, 1, 0, 1);
}

TEST_F(DispatcherTest, ANodeWhoseQueueIsFullIsBusyAndNothingWasSent) {
  Connect({"n0"});
  nodes_.nodes["n0"]->full = true;
  Run(RequestFor({"n0"}));
  EXPECT_EQ(ReplyOf("n0").state(), v1::DENIED);
  EXPECT_EQ(ReplyOf("n0").kind(), v1::ERROR_KIND_BUSY);
  ExpectCounts(1, 0, 1, 0);
}

TEST_F(DispatcherTest, FailuresAndRefusalsOfTheNodeArePassedOn) {
  Connect(Names(3));
  const std::string job = Run(RequestFor(Names(3)));
  Answer("n0", job, v1::FAILED, 4);
  Answer("n1", job, v1::DENIED, 5);
  Answer("n2", job, v1::CANCELLED, 5);
  EXPECT_EQ(ReplyOf("n0").status_code(), 4u);
  EXPECT_EQ(ReplyOf("n1").state(), v1::DENIED);
  EXPECT_EQ(ReplyOf("n2").state(), v1::CANCELLED);
  ExpectCounts(3, 0, 3, 0);
}

TEST_F(DispatcherTest, ASilentNodeTimesOutAtItsDeadlineAndIsToldToStop) {
  Connect({"n0", "n1"});
  const std::string job = Run(RequestFor({"n0", "n1"}));
  Answer("n1", job);
  executor_.Advance(absl::Seconds(7) - absl::Milliseconds(1));
  EXPECT_FALSE(client_->ended);
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(ReplyOf("n0").state(), v1::TIMED_OUT);
  EXPECT_EQ(ReplyOf("n0").kind(), v1::ERROR_KIND_TIMEOUT);
  EXPECT_THAT(nodes_.nodes["n0"]->cancelled, SizeIs(1));
  EXPECT_THAT(nodes_.nodes["n1"]->cancelled, SizeIs(0));
  ExpectCounts(2, 1, 0, 1);
}

TEST_F(DispatcherTest, ANodeThatGoesAwayAfterTheCommandWasSentIsIndeterminate) {
  Connect({"n0", "n1"});
  const std::string job = Run(RequestFor({"n0", "n1"}));
  Tell("n1", job, v1::TaskUpdate::STARTED);
  dispatcher_->OnNodeGone("n0", "the connection was lost");
  dispatcher_->OnNodeGone("n1", "the connection was lost");
  executor_.RunUntilIdle();
  for (const std::string node : {"n0", "n1"}) {
    EXPECT_EQ(ReplyOf(node).state(), v1::INDETERMINATE);
    EXPECT_EQ(ReplyOf(node).kind(), v1::ERROR_KIND_DISCONNECTED);
    EXPECT_THAT(ReplyOf(node).status_message(), HasSubstr("may or may not have run"));
  }
  ExpectCounts(2, 0, 0, 2);
}

TEST_F(DispatcherTest, ARepeatedReplyIsCountedAndDropped) {
  Connect({"n0", "n1"});
  const std::string job = Run(RequestFor({"n0", "n1"}));
  Answer("n0", job);
  Answer("n0", job, v1::FAILED, 1);
  EXPECT_EQ(dispatcher_->counters().unexpected, 1u);
  Answer("n1", job);
  EXPECT_EQ(ReplyOf("n0").state(), v1::OK);
  ExpectCounts(2, 2, 0, 0);
}

TEST_F(DispatcherTest, ALateReplyIsCountedAndDropped) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0"}));
  executor_.Advance(absl::Seconds(8));
  Answer("n0", job);
  EXPECT_EQ(ReplyOf("n0").state(), v1::TIMED_OUT);
  EXPECT_EQ(dispatcher_->counters().unexpected, 1u);
}

TEST_F(DispatcherTest, AReplyForAnotherJobOrFromNoTargetIsCountedAndDropped) {
  Connect({"n0", "n1"});
  const std::string job = Run(RequestFor({"n0"}));
  Answer("n0", std::string(32, 'f'));
  Answer("n1", job);
  EXPECT_EQ(dispatcher_->counters().unexpected, 2u);
  EXPECT_FALSE(client_->ended);
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DispatcherTest, AReplyBeforeTheCommandWasSentIsDropped) {
  Connect({"n0", "n1"});
  Dispatcher::Request request = RequestFor({"n0", "n1"});
  request.spec.set_batch_size(1);
  const std::string job = Run(std::move(request));
  Answer("n1", job);
  EXPECT_EQ(dispatcher_->counters().unexpected, 1u);
  Answer("n0", job);
  EXPECT_THAT(nodes_.nodes["n1"]->jobs, SizeIs(1));
}

TEST_F(DispatcherTest, NodesThatSayFilteredAreNoTargets) {
  Connect({"n0", "n1", "n2"});
  Dispatcher::Request request = RequestFor({"n0", "n1", "n2"});
  request.may_decline = MayDecline::kAlways;
  const std::string job = Run(std::move(request));
  Tell("n0", job, v1::TaskUpdate::FILTERED);
  Tell("n1", job, v1::TaskUpdate::FILTERED);
  Tell("n1", job, v1::TaskUpdate::FILTERED);
  Answer("n2", job);
  uint32_t shrunk = 0;
  for (const v1::InvokeResponse& response : client_->responses) shrunk += response.no_longer_targets();
  EXPECT_EQ(shrunk, 2u);
  EXPECT_THAT(Replies(), SizeIs(1));
  EXPECT_EQ(dispatcher_->counters().unexpected, 1u);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DispatcherTest, ANodeThatDeclinesWhatIsItsOwnIsDenied) {
  Connect({"n0", "n1", "n2"});
  Dispatcher::Request request = RequestFor({"n0", "n1"});
  request.may_decline = MayDecline::kAfterAChange;
  nodes_.changed = {"n1"};
  const std::string job = Run(std::move(request));
  Tell("n0", job, v1::TaskUpdate::FILTERED);
  Tell("n0", job, v1::TaskUpdate::FILTERED);
  Tell("n1", job, v1::TaskUpdate::FILTERED);
  EXPECT_EQ(ReplyOf("n0").state(), v1::DENIED);
  EXPECT_EQ(ReplyOf("n0").kind(), v1::ERROR_KIND_FILTERED);
  EXPECT_THAT(ReplyOf("n0").status_message(), HasSubstr("nothing ran"));
  EXPECT_EQ(dispatcher_->counters().unexpected, 1u);
  ExpectCounts(1, 0, 1, 0);
}

TEST_F(DispatcherTest, ANodeThatStartedCannotBeFiltered) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0"}));
  Tell("n0", job, v1::TaskUpdate::STARTED);
  Tell("n0", job, v1::TaskUpdate::FILTERED);
  EXPECT_FALSE(client_->ended);
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DispatcherTest, TheNextBatchWaitsForTheWholeBatchAndTheSleep) {
  Connect(Names(5));
  Dispatcher::Request request = RequestFor(Names(5));
  request.spec.set_batch_percent(40);
  request.spec.set_batch_sleep_ms(3000);
  const std::string job = Run(std::move(request));
  EXPECT_THAT(nodes_.nodes["n1"]->jobs, SizeIs(1));
  EXPECT_THAT(nodes_.nodes["n2"]->jobs, SizeIs(0));
  Answer("n0", job);
  executor_.Advance(absl::Seconds(4));
  EXPECT_THAT(nodes_.nodes["n2"]->jobs, SizeIs(0));
  Answer("n1", job);
  executor_.Advance(absl::Milliseconds(2999));
  EXPECT_THAT(nodes_.nodes["n2"]->jobs, SizeIs(0));
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(nodes_.nodes["n3"]->jobs, SizeIs(1));
  EXPECT_THAT(nodes_.nodes["n4"]->jobs, SizeIs(0));
  Answer("n2", job);
  Answer("n3", job);
  executor_.Advance(absl::Seconds(3));
  Answer("n4", job);
  EXPECT_TRUE(client_->ended);  // no sleep after the last
  ExpectCounts(5, 5, 0, 0);
}

TEST_F(DispatcherTest, ABatchThatTimesOutDoesNotStopTheJob) {
  Connect(Names(2));
  Dispatcher::Request request = RequestFor(Names(2));
  request.spec.set_batch_size(1);
  const std::string job = Run(std::move(request));
  executor_.Advance(absl::Seconds(7));
  EXPECT_THAT(nodes_.nodes["n1"]->jobs, SizeIs(1));
  Answer("n1", job);
  ExpectCounts(2, 1, 0, 1);
}

TEST_F(DispatcherTest, ABatchOfAbsentNodesGoesOn) {
  Connect({"n3"});
  Dispatcher::Request request = RequestFor(Names(4));
  request.spec.set_batch_size(1);
  const std::string job = Run(std::move(request));
  Answer("n3", job);
  ExpectCounts(4, 1, 0, 3);
}

TEST_F(DispatcherTest, ALargeJobIsSentInSlices) {
  const std::vector<std::string> names = Names(Dispatcher::kSendSlice * 2 + 10);
  Connect(names);
  ASSERT_TRUE(dispatcher_->Start(RequestFor(names), client_).ok());
  EXPECT_THAT(nodes_.nodes[names[Dispatcher::kSendSlice - 1]]->jobs, SizeIs(1));
  EXPECT_THAT(nodes_.nodes[names[Dispatcher::kSendSlice]]->jobs, SizeIs(0));
  executor_.RunUntilIdle();
  for (const std::string& name : names) EXPECT_THAT(nodes_.nodes[name]->jobs, SizeIs(1));
}

TEST_F(DispatcherTest, RefusesAJobAboveTheLimit) {
  Connect({"n0"});
  Run(RequestFor({"n0"}));
  Run(RequestFor({"n0"}));
  const auto third = std::make_shared<FakeSink<v1::InvokeResponse>>();
  const absl::Status status = dispatcher_->Start(RequestFor({"n0"}), third);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("limits.jobs"));
  EXPECT_TRUE(third->responses.empty());
}

TEST_F(DispatcherTest, AJobGoesOnWithoutItsClient) {
  Connect({"n0", "n1"});
  const std::string job = Run(RecordedFor({"n0", "n1"}));
  client_->room = 0;
  Answer("n0", job);
  executor_.Advance(absl::Milliseconds(2));
  EXPECT_EQ(client_->end.code(), absl::StatusCode::kResourceExhausted);
  Answer("n1", job);
  EXPECT_EQ(dispatcher_->running(), 0u);
  EXPECT_EQ(call_.Get(job)->summary->ok(), 2u);
}

TEST_F(DispatcherTest, AStoppingHubHandsEveryOpenTaskBack) {
  Connect(Names(3));
  Dispatcher::Request request = RequestFor(Names(3));
  request.spec.set_batch_size(2);
  const std::string job = Run(std::move(request));
  Answer("n0", job);
  dispatcher_->Drain();
  EXPECT_EQ(dispatcher_->Start(RequestFor({"n0"}), client_).code(), absl::StatusCode::kUnavailable);
  dispatcher_->EndAll("the hub stopped");
  EXPECT_EQ(ReplyOf("n1").state(), v1::INDETERMINATE);
  EXPECT_EQ(ReplyOf("n1").kind(), v1::ERROR_KIND_SHUTDOWN);
  EXPECT_EQ(ReplyOf("n2").state(), v1::CANCELLED);
  EXPECT_EQ(ReplyOf("n2").kind(), v1::ERROR_KIND_SHUTDOWN);
  ExpectCounts(3, 1, 1, 1);
}

TEST_F(DispatcherTest, TellsWhenTheLastJobHasEnded) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0"}));
  bool idle = false;
  dispatcher_->WhenIdle([&idle] { idle = true; });
  executor_.RunUntilIdle();
  EXPECT_FALSE(idle);
  Answer("n0", job);
  EXPECT_TRUE(idle);
}

TEST_F(DispatcherTest, MeasuresFromSendingToTheReply) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0"}));
  executor_.Advance(absl::Milliseconds(30));
  Answer("n0", job);
  EXPECT_EQ(ReplyOf("n0").latency_us(), 30'000);
  EXPECT_EQ(Summary().elapsed_us(), 30'000);
}

TEST_F(DispatcherTest, LeavesDataOutWhenTheCallerWantsNone) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.spec.set_no_reply_data(true);
  const std::string job = Run(std::move(request));
  Answer("n0", job);
  EXPECT_TRUE(ReplyOf("n0").data_json().empty());
}

TEST_F(DispatcherTest, StoresOnlyRedactedInputs) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.recorded = true;
  const std::string job = Run(std::move(request));
  EXPECT_EQ(call_.Get(job)->spec.inputs_json(), "{\"secret\":\"***\"}");
  Answer("n0", job);
  ASSERT_THAT(call_.Replies(job)->replies, SizeIs(1));
}

}  // namespace
}  // namespace orch::hub

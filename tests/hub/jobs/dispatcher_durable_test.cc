// Jobs that are kept: what is stored, acknowledged and told in which order, and what becomes of them
// when streams break and hubs restart.
#include "gmock/gmock.h"
#include "services/hub/jobs/run/attempt_id.h"
#include "tests/hub/jobs/dispatcher_fixture.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DurableTest : public DispatcherTest {
 protected:
  v1::TaskUpdate Finished(v1::TaskState state = v1::OK) {
    v1::TaskUpdate update;
    update.set_kind(v1::TaskUpdate::FINISHED);
    update.mutable_reply()->set_state(state);
    update.mutable_reply()->set_status_code(state == v1::OK ? 0 : 1);
    return update;
  }
  v1::Reply StoredReplyOf(const std::string& job, const std::string& node) {
    const auto page = call_.Replies(job);
    for (const StoredReply& stored : page->replies) {
      if (stored.reply.identity() == node) return stored.reply;
    }
    ADD_FAILURE() << "no reply of " << node << " is stored";
    return {};
  }
};

TEST_F(DurableTest, TheClientIsToldAndNodesGetTheCommandOnceTheJobIsStored) {
  Connect({"n0"});
  ASSERT_TRUE(dispatcher_->Start(RecordedFor({"n0"}), client_).ok());
  EXPECT_THAT(client_->responses, IsEmpty());
  EXPECT_EQ(Given("n0"), 0u);
  executor_.RunUntilIdle();
  EXPECT_EQ(client_->responses.at(0).accepted().targets(), 1u);
  EXPECT_EQ(Given("n0"), 1u);
  v1::Command command;
  ASSERT_TRUE(command.ParseFromString(nodes_.nodes["n0"]->bodies[0]->bytes));
  EXPECT_TRUE(command.durable());
}

TEST_F(DurableTest, AJobThatOnlyReadsIsNotStoredAndNotAcknowledged) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0"}));
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
  EXPECT_FALSE(client_->responses.front().accepted().durable());
  EXPECT_TRUE(absl::IsNotFound(call_.Get(job).status()));
  EXPECT_THAT(nodes_.nodes["n0"]->acks, IsEmpty());
}

TEST_F(DurableTest, AJobThatCannotBeStoredIsRefusedAndNothingIsSent) {
  Connect({"n0"});
  test_store_.full = true;
  Run(RecordedFor({"n0"}));
  EXPECT_EQ(client_->end.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(client_->end.message()), HasSubstr("the disk is full"));
  EXPECT_EQ(Given("n0"), 0u);
  EXPECT_EQ(dispatcher_->running(), 0u);
}

TEST_F(DurableTest, AnOutcomeIsStoredThenAcknowledgedThenTold) {
  Connect({"n0", "n1"});
  const std::string job = Run(RecordedFor({"n0", "n1"}));
  dispatcher_->OnUpdate("n0", job, Finished());
  EXPECT_THAT(nodes_.nodes["n0"]->acks, IsEmpty());
  executor_.RunUntilIdle();
  EXPECT_THAT(nodes_.nodes["n0"]->acks, ElementsAre(job));
  executor_.Advance(absl::Milliseconds(2));
  EXPECT_EQ(ReplyOf("n0").state(), v1::OK);
  EXPECT_EQ(client_->responses.back().cursor(), MakeCursor(store_.id(), 1));
}

class StoreFailureTest : public DurableTest, public ::testing::WithParamInterface<absl::StatusCode> {};
INSTANTIATE_TEST_SUITE_P(Codes, StoreFailureTest,
                         ::testing::Values(absl::StatusCode::kResourceExhausted, absl::StatusCode::kDataLoss,
                                           absl::StatusCode::kUnavailable, absl::StatusCode::kInternal));

TEST_P(StoreFailureTest, WhileTheStoreTakesNothingNothingIsAcknowledgedOrToldAndAfterwardsAllIs) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  test_store_.full = true;
  test_store_.refusal = absl::Status(GetParam(), "it cannot");
  Answer("n0", job);
  Answer("n0", job);
  executor_.Advance(absl::Seconds(30));
  EXPECT_THAT(nodes_.nodes["n0"]->acks, IsEmpty());
  EXPECT_THAT(Replies(), IsEmpty());
  EXPECT_FALSE(client_->ended);
  test_store_.full = false;
  executor_.Advance(kStoreRetry);
  executor_.Advance(kStoreRetry);
  EXPECT_THAT(nodes_.nodes["n0"]->acks, ElementsAre(job));
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DurableTest, ARepeatedOutcomeIsAcknowledgedAgainAndCountsOnce) {
  Connect({"n0", "n1"});
  const std::string job = Run(RecordedFor({"n0", "n1"}));
  Answer("n0", job);
  Answer("n0", job, v1::FAILED, 1);
  EXPECT_THAT(nodes_.nodes["n0"]->acks, ElementsAre(job, job));
  Answer("n1", job);
  EXPECT_EQ(ReplyOf("n0").state(), v1::OK);
  Answer("n1", job);
  EXPECT_THAT(nodes_.nodes["n1"]->acks, SizeIs(2)) << "the job is over: the node may forget it all the same";
}

TEST_F(DurableTest, ANodeThatAnswersForAnotherNodesJobChangesNothing) {
  Connect({"n0", "evil"});
  const std::string job = Run(RecordedFor({"n0"}));
  Answer("evil", job);
  Tell("evil", job, v1::TaskUpdate::GONE);
  EXPECT_FALSE(client_->ended);
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DurableTest, ABrokenStreamEndsNothingAndTheNodeIsAskedWhenItIsBack) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  Leave("n0");
  executor_.Advance(absl::Seconds(3));
  EXPECT_FALSE(client_->ended);
  EXPECT_THAT(Return("n0").queries, ElementsAre(job));
  Tell("n0", job, v1::TaskUpdate::STARTED);
  Tell("n0", job, v1::TaskUpdate::ACCEPTED);
  EXPECT_EQ(Given("n0"), 0u);
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DurableTest, ANodeThatNeverCameToKnowOfTheCommandGetsItAgain) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  Leave("n0");
  Return("n0");
  Tell("n0", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_THAT(nodes_.nodes["n0"]->jobs, ElementsAre(job));
  Tell("n0", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(Given("n0"), 1u) << "it was not asked again";
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DurableTest, ANodeThatForgotWhatItHadStartedIsIndeterminateAndRunsNothingAgain) {
  for (const v1::TaskUpdate::Kind kind : {v1::TaskUpdate::UNKNOWN, v1::TaskUpdate::GONE}) {
    client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();
    Connect({"n0"});
    const std::string job = Run(RecordedFor({"n0"}));
    Tell("n0", job, v1::TaskUpdate::STARTED);
    Leave("n0");
    Return("n0");
    Tell("n0", job, kind);
    EXPECT_EQ(ReplyOf("n0").state(), v1::INDETERMINATE);
    EXPECT_EQ(Given("n0"), 0u);
  }
}

TEST_F(DurableTest, ANodeThatDoesNotComeBackInTimeIsIndeterminate) {
  Connect({"n0"});
  Run(RecordedFor({"n0"}));
  Leave("n0");
  executor_.Advance(absl::Seconds(7));
  EXPECT_EQ(ReplyOf("n0").state(), v1::INDETERMINATE);
  EXPECT_EQ(ReplyOf("n0").kind(), v1::ERROR_KIND_DISCONNECTED);
  ExpectCounts(1, 0, 0, 1);
}

TEST_F(DurableTest, ANodeThatFlapsGetsOneCommandAndGivesOneOutcome) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  for (int i = 0; i < 5; ++i) {
    Leave("n0");
    EXPECT_THAT(Return("n0").queries, SizeIs(1));
    Tell("n0", job, v1::TaskUpdate::STARTED);
    EXPECT_EQ(Given("n0"), 0u);
  }
  Answer("n0", job);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DurableTest, ANodeThatIsNoTargetMayForgetIt) {
  Connect({"n0", "n1"});
  auto request = RecordedFor({"n0", "n1"});
  request.may_decline = MayDecline::kAlways;
  const std::string job = Run(std::move(request));
  Tell("n0", job, v1::TaskUpdate::FILTERED);
  EXPECT_THAT(nodes_.nodes["n0"]->acks, ElementsAre(job));
  Answer("n1", job);
  ExpectCounts(1, 1, 0, 0);
  EXPECT_EQ(call_.Get(job)->targets, 1u);
}

TEST_F(DurableTest, ARestartedHubAsksForWhatItSentAndKeepsWhatItHad) {
  Connect(Names(3));
  const std::string job = Run(RecordedFor(Names(3)));
  Answer("n0", job);
  Restart();
  EXPECT_EQ(dispatcher_->running(), 1u);
  EXPECT_THAT(Return("n0").queries, IsEmpty());
  EXPECT_THAT(Return("n1").queries, ElementsAre(job));
  Answer("n1", job);
  EXPECT_THAT(nodes_.nodes["n1"]->acks, ElementsAre(job));
  Return("n2");
  Tell("n2", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(Given("n2"), 1u);
  Answer("n2", job);
  EXPECT_EQ(dispatcher_->running(), 0u);
  EXPECT_EQ(call_.Get(job)->summary->ok(), 3u);
  EXPECT_EQ(call_.Get(job)->summary->targets(), 3u);
}

TEST_F(DurableTest, ARestartedHubAsksBeforeItSendsWhatItMayHaveSent) {
  Connect(Names(3));
  Dispatcher::Request request = RecordedFor(Names(3));
  request.spec.set_concurrency(1);
  const std::string job = Run(std::move(request));
  Restart();
  Return("n0");
  Return("n1");
  Return("n2");
  EXPECT_THAT(nodes_.nodes["n1"]->queries, IsEmpty()) << "the slot is n0's, also after a restart";
  Answer("n0", job);
  EXPECT_THAT(nodes_.nodes["n1"]->queries, ElementsAre(job));
  EXPECT_EQ(Given("n1"), 0u);
  Tell("n1", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(Given("n1"), 1u);
  Answer("n1", job);
  Answer("n2", job);  // it had been sent, and was asked
  EXPECT_EQ(Given("n2"), 0u);
  EXPECT_EQ(call_.Get(job)->summary->ok(), 3u);
}

TEST_F(DurableTest, AfterARestartNodesHaveTimeToComeBack) {
  Connect(Names(2));
  Dispatcher::Request request = RecordedFor(Names(2));
  request.spec.set_batch_size(1);
  const std::string job = Run(std::move(request));
  clock_.Advance(absl::Hours(2));  // the hub was down
  Restart();
  executor_.Advance(kReturnGrace - absl::Seconds(1));
  EXPECT_EQ(dispatcher_->running(), 1u);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(dispatcher_->running(), 0u);
  EXPECT_EQ(StoredReplyOf(job, "n0").state(), v1::INDETERMINATE);
  EXPECT_EQ(StoredReplyOf(job, "n1").state(), v1::OFFLINE);
}

TEST_F(DurableTest, ACommandWhoseTimeRanOutWhileTheHubWasDownIsNotSentAgain) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  Restart();
  executor_.Advance(kReturnGrace - absl::Milliseconds(1));
  nodes_.Add("n0");
  dispatcher_->OnNodeBack("n0");
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(dispatcher_->running(), 0u);
  Tell("n0", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(Given("n0"), 0u);
}

TEST_F(DurableTest, AClockThatWasSetBackMakesNothingLiveLonger) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  clock_.JumpWall(-absl::Hours(24 * 365));
  Restart();
  executor_.Advance(kReturnGrace);
  EXPECT_EQ(StoredReplyOf(job, "n0").state(), v1::INDETERMINATE);
  EXPECT_GE(call_.Get(job)->summary->elapsed_us(), 0);
}

TEST_F(DurableTest, SensitiveInputsAreNotStoredSoARestartedHubDoesNotSendThem) {
  Connect(Names(2));
  Dispatcher::Request request = RecordedFor(Names(2));
  request.inputs_withheld = true;
  request.spec.set_batch_size(1);
  const std::string job = Run(std::move(request));
  Restart();
  Return("n0");
  Return("n1");
  Tell("n0", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(StoredReplyOf(job, "n0").state(), v1::EXPIRED);
  EXPECT_THAT(StoredReplyOf(job, "n0").status_message(), HasSubstr("sensitive"));
  Tell("n1", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(StoredReplyOf(job, "n1").state(), v1::EXPIRED);
  EXPECT_EQ(Given("n0") + Given("n1"), 0u);
}

TEST_F(DurableTest, ARepeatGoesOnAfterARestart) {
  Connect({"n0"});
  Dispatcher::Request request = RecordedFor({"n0"});
  request.spec.set_retries(1);
  request.spec.set_retry_sleep_ms(60'000);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  EXPECT_THAT(nodes_.nodes["n0"]->acks, ElementsAre(job));
  Restart();
  const std::string second = AttemptId(job, 2);
  EXPECT_THAT(Return("n0").queries, ElementsAre(second));
  Tell("n0", second, v1::TaskUpdate::UNKNOWN);
  EXPECT_THAT(nodes_.nodes["n0"]->jobs, ElementsAre(second));
  Answer("n0", second);
  EXPECT_EQ(call_.Get(job)->summary->ok(), 1u);
}

TEST_F(DurableTest, GroupsPausesAndLocksOutliveTheHub) {
  Connect(Names(3));
  Dispatcher::Request request = RecordedFor(Names(3));
  request.spec.set_canary(1);
  request.spec.set_lock("deploy");
  request.spec.set_group_by("rack");
  request.spec.set_groups_at_once(1);
  request.groups = {0, 1, 1};
  const std::string job = Run(std::move(request));
  Answer("n0", job);
  ASSERT_EQ(dispatcher_->paused(), 1u);
  Restart();
  EXPECT_EQ(dispatcher_->paused(), 1u);
  Return("n1");
  Return("n2");
  v1::ListLocksResponse locks;
  dispatcher_->locks().List(&locks);
  ASSERT_THAT(locks.locks(), SizeIs(1));
  EXPECT_EQ(locks.locks(0).job_id(), job);
  ASSERT_TRUE(Control(job, v1::ControlJobRequest::RESUME).ok());
  EXPECT_THAT(nodes_.nodes["n1"]->queries, SizeIs(1));
  EXPECT_THAT(nodes_.nodes["n2"]->queries, SizeIs(1));
}

TEST_F(DurableTest, ASpentBudgetStaysSpentAfterARestart) {
  Connect(Names(4));
  Dispatcher::Request request = RecordedFor(Names(4));
  request.spec.set_concurrency(2);
  request.spec.set_max_failures(2);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  Restart();
  Return("n1");
  Answer("n1", job, v1::FAILED, 1);
  EXPECT_EQ(StoredReplyOf(job, "n3").kind(), v1::ERROR_KIND_MAX_FAILURES);
}

TEST_F(DurableTest, ACancelledJobStaysCancelledAfterARestart) {
  Connect(Names(2));
  Dispatcher::Request request = RecordedFor(Names(2));
  request.spec.set_concurrency(1);
  const std::string job = Run(std::move(request));
  ASSERT_TRUE(Control(job, v1::ControlJobRequest::CANCEL).ok());
  Restart();
  EXPECT_THAT(Return("n0").cancelled, ElementsAre(job));
  Answer("n0", job, v1::CANCELLED, 5);
  EXPECT_EQ(StoredReplyOf(job, "n1").kind(), v1::ERROR_KIND_CANCELLED);
  EXPECT_EQ(call_.Get(job)->summary->stop_reason(), v1::STOP_REASON_CANCELLED);
}

TEST_F(DurableTest, AStoppingHubLeavesWhatItsStoreKeepsToItsNextLife) {
  test_store_.durable = true;
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  EXPECT_TRUE(client_->responses.front().accepted().durable());
  bool idle = false;
  dispatcher_->WhenIdle([&idle] { idle = true; });
  dispatcher_->EndAll("the hub stopped");
  executor_.RunUntilIdle();
  EXPECT_TRUE(idle);
  EXPECT_EQ(client_->end.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(client_->end.message()), HasSubstr("orchctl job watch " + job.substr(0, 8)));
  Restart();
  Return("n0");
  Answer("n0", job);
  EXPECT_EQ(call_.Get(job)->summary->ok(), 1u);
}

TEST_F(DurableTest, AHubThatKeepsJobsInMemoryEndsThemAndTellsTheirClients) {
  Connect({"n0"});
  const std::string job = Run(RecordedFor({"n0"}));
  dispatcher_->EndAll("the hub stopped");
  executor_.RunUntilIdle();
  EXPECT_EQ(ReplyOf("n0").state(), v1::INDETERMINATE);
  ExpectCounts(1, 0, 0, 1);
}

TEST_F(DurableTest, ACommandWaitsForANodeThatIsAway) {
  Connect({"n1", "n2"});
  Dispatcher::Request request = RecordedFor(Names(3));
  request.spec.set_queue_offline(true);
  request.spec.set_ttl_ms(3'600'000);
  request.spec.set_concurrency(1);
  request.disconnected = {"n0"};
  const std::string job = Run(std::move(request));
  EXPECT_THAT(client_->responses.front().accepted().queued_identities(), ElementsAre("n0"));
  EXPECT_EQ(Given("n1"), 1u) << "n0 holds no slot while it is away";
  EXPECT_EQ(dispatcher_->queued_tasks(), 1u);
  executor_.Advance(absl::Seconds(1));
  Return("n0");
  EXPECT_EQ(Given("n0"), 0u);
  Answer("n1", job);
  EXPECT_EQ(Given("n0"), 1u);
  EXPECT_EQ(dispatcher_->queued_tasks(), 0u);
  Answer("n0", job);
  Answer("n2", job);
  ExpectCounts(3, 3, 0, 0);
}

TEST_F(DurableTest, ACommandThatWaitedTooLongIsExpired) {
  Dispatcher::Request request = RecordedFor({"n0"});
  request.spec.set_queue_offline(true);
  request.spec.set_ttl_ms(60'000);
  Run(std::move(request));
  executor_.Advance(absl::Seconds(60) - absl::Milliseconds(1));
  EXPECT_FALSE(client_->ended);
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(ReplyOf("n0").state(), v1::EXPIRED);
  EXPECT_EQ(dispatcher_->queued_tasks(), 0u);
  Return("n0");
  EXPECT_EQ(Given("n0"), 0u);
  ExpectCounts(1, 0, 0, 1);
}

TEST_F(DurableTest, AQueuedCommandOutlivesTheHub) {
  Dispatcher::Request request = RecordedFor({"n0"});
  request.spec.set_queue_offline(true);
  request.spec.set_ttl_ms(3'600'000);
  const std::string job = Run(std::move(request));
  Restart();
  executor_.Advance(absl::Minutes(30));
  EXPECT_THAT(Return("n0").queries, ElementsAre(job));
  Tell("n0", job, v1::TaskUpdate::UNKNOWN);
  EXPECT_EQ(Given("n0"), 1u);
  Answer("n0", job);
  EXPECT_EQ(call_.Get(job)->summary->ok(), 1u);
}

}  // namespace
}  // namespace orch::hub

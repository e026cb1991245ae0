// Rollouts through the dispatcher: what is sent when, and what the client is told.
#include "gmock/gmock.h"
#include "tests/hub/jobs/dispatcher_fixture.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(DispatcherTest, ASlotIsFreedByTheOutcomeANodeReports) {
  Connect(Names(4));
  Dispatcher::Request request = RequestFor(Names(4));
  request.spec.set_concurrency(2);
  const std::string job = Run(std::move(request));
  EXPECT_EQ(Given("n0") + Given("n1"), 2u);
  Tell("n0", job, v1::TaskUpdate::STARTED);
  EXPECT_EQ(Given("n2"), 0u);
  Answer("n1", job);
  EXPECT_EQ(Given("n2"), 1u) << "n0 is busy and blocks nobody else";
  Answer("n2", job, v1::FAILED, 1);
  EXPECT_EQ(Given("n3"), 1u);
  Answer("n3", job);
  Answer("n0", job);
  ExpectCounts(4, 3, 1, 0);
  EXPECT_EQ(Summary().stop_reason(), v1::STOP_REASON_UNSPECIFIED);
}

TEST_F(DispatcherTest, ASlotIsFreedByANodeThatIsAwaySilentOrGone) {
  Connect({"n1", "n2", "n3"});
  Dispatcher::Request request = RequestFor(Names(4));
  request.spec.set_concurrency(1);
  const std::string job = Run(std::move(request));
  EXPECT_EQ(Given("n1"), 1u) << "n0 is not connected";
  executor_.Advance(absl::Seconds(7));
  EXPECT_EQ(Given("n2"), 1u);
  dispatcher_->OnNodeGone("n2", "gone");
  EXPECT_EQ(Given("n3"), 1u);
  Answer("n3", job);
  ExpectCounts(4, 1, 0, 3);
}

TEST_F(DispatcherTest, EachTaskOfAWindowHasItsWholeTime) {
  Connect(Names(3));
  Dispatcher::Request request = RequestFor(Names(3));
  request.spec.set_concurrency(1);
  const std::string job = Run(std::move(request));
  executor_.Advance(absl::Seconds(6));
  Answer("n0", job);
  executor_.Advance(absl::Seconds(6));
  Answer("n1", job);
  executor_.Advance(absl::Seconds(7));
  EXPECT_EQ(ReplyOf("n2").state(), v1::TIMED_OUT);
  ExpectCounts(3, 2, 0, 1);
}

TEST_F(DispatcherTest, AfterTheLastAllowedFailureNothingIsSentAndWhatRunsGoesOn) {
  Connect(Names(5));
  Dispatcher::Request request = RequestFor(Names(5));
  request.spec.set_concurrency(2);
  request.spec.set_max_failures(1);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  EXPECT_EQ(Given("n2"), 0u);
  EXPECT_FALSE(client_->ended) << "n1 is still at work";
  Answer("n1", job);
  for (const std::string node : {"n2", "n3", "n4"}) {
    EXPECT_EQ(ReplyOf(node).state(), v1::CANCELLED);
    EXPECT_EQ(ReplyOf(node).kind(), v1::ERROR_KIND_MAX_FAILURES);
    EXPECT_THAT(ReplyOf(node).status_message(), HasSubstr("not sent"));
  }
  ExpectCounts(5, 1, 4, 0);
  EXPECT_EQ(Summary().stop_reason(), v1::STOP_REASON_MAX_FAILURES);
}

TEST_F(DispatcherTest, AJobWhoseLastNodesFailWasNotCutShort) {
  Connect(Names(1));
  Dispatcher::Request request = RequestFor(Names(1));
  request.spec.set_max_failures(1);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  ExpectCounts(1, 0, 1, 0);
  EXPECT_EQ(Summary().stop_reason(), v1::STOP_REASON_UNSPECIFIED);
}

TEST_F(DispatcherTest, ManyAbsentNodesSpendTheBudget) {
  Dispatcher::Request request = RequestFor(Names(1000));
  request.spec.set_max_failures(10);
  Run(std::move(request));
  EXPECT_EQ(ReplyOf("n9").state(), v1::OFFLINE);
  EXPECT_EQ(ReplyOf("n10").state(), v1::CANCELLED);
  ExpectCounts(1000, 0, 990, 10);
}

TEST_F(DispatcherTest, SaysWhatIsSentAndStartedWhenAsked) {
  Connect({"n0", "n1"});
  Dispatcher::Request request = RequestFor({"n0", "n1"});
  request.spec.set_concurrency(1);
  request.spec.set_report_progress(true);
  const std::string job = Run(std::move(request));
  Tell("n0", job, v1::TaskUpdate::STARTED);
  Answer("n0", job);
  executor_.Advance(absl::Milliseconds(2));
  ASSERT_THAT(Progress(), SizeIs(3));
  EXPECT_EQ(Progress()[0].identity(), "n0");
  EXPECT_EQ(Progress()[0].state(), v1::SENT);
  EXPECT_EQ(Progress()[0].attempt(), 1u);
  EXPECT_EQ(Progress()[1].state(), v1::RUNNING);
  EXPECT_EQ(Progress()[2].identity(), "n1");
}

TEST_F(DispatcherTest, SaysNothingOnTheWayUnlessAsked) {
  Connect({"n0"});
  const std::string job = Run(RequestFor({"n0"}));
  Tell("n0", job, v1::TaskUpdate::STARTED);
  Answer("n0", job);
  EXPECT_THAT(Progress(), SizeIs(0));
}

TEST_F(DispatcherTest, ARepeatHasAnIdOfItsOwnOnTheWireAndTheSameForTheClient) {
  Connect({"n0", "n1"});
  Dispatcher::Request request = RequestFor({"n0", "n1"});
  request.spec.set_retries(1);
  request.spec.set_retry_sleep_ms(1000);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  Answer("n1", job);
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(Replies(), SizeIs(1)) << "a failure that is repeated is no outcome";
  ASSERT_EQ(Given("n0"), 2u);
  EXPECT_EQ(Given("n1"), 1u);
  const std::string second = nodes_.nodes["n0"]->jobs[1];
  EXPECT_NE(second, job);
  EXPECT_THAT(second, SizeIs(32));
  v1::Command command;
  ASSERT_TRUE(command.ParseFromString(nodes_.nodes["n0"]->bodies[1]->bytes));
  EXPECT_EQ(command.attempt_id(), second);
  Answer("n0", second);
  EXPECT_EQ(ReplyOf("n0").state(), v1::OK);
  ExpectCounts(2, 2, 0, 0);
  Answer("n0", second);
  EXPECT_EQ(dispatcher_->counters().unexpected, 1u);
}

TEST_F(DispatcherTest, ARepeatForANodeThatHasLeftEndsOfflineAtOnce) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.spec.set_retries(1);
  request.spec.set_retry_sleep_ms(1000);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  nodes_.nodes.erase("n0");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReplyOf("n0").state(), v1::OFFLINE);
  ExpectCounts(1, 0, 0, 1);
}

TEST_F(DispatcherTest, TheLastAttemptsFailureIsTheOutcome) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.spec.set_retries(1);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 1);
  Answer("n0", nodes_.nodes["n0"]->jobs.at(1), v1::FAILED, 4);
  EXPECT_EQ(ReplyOf("n0").status_code(), 4u);
  ExpectCounts(1, 0, 1, 0);
}

TEST_F(DispatcherTest, AnAttemptThatWasGivenUpAndSucceededCounts) {
  Connect({"n0"});
  Dispatcher::Request request = RequestFor({"n0"});
  request.spec.set_retries(1);
  const std::string job = Run(std::move(request));
  executor_.Advance(absl::Seconds(7));
  ASSERT_EQ(Given("n0"), 2u) << "the first timed out";
  Answer("n0", job, v1::FAILED, 1);
  EXPECT_FALSE(client_->ended) << "an old failure tells nothing new";
  Answer("n0", job);
  EXPECT_EQ(ReplyOf("n0").state(), v1::OK);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(DispatcherTest, WhatWaitsForItsRepeatKeepsItsOutcomeWhenTheJobIsCutShort) {
  Connect(Names(2));
  Dispatcher::Request request = RequestFor(Names(2));
  request.spec.set_retries(1);
  request.spec.set_retry_sleep_ms(1000);
  const std::string job = Run(std::move(request));
  Answer("n0", job, v1::FAILED, 3);
  dispatcher_->EndAll("the hub stopped");
  EXPECT_EQ(ReplyOf("n0").status_code(), 3u);
  EXPECT_EQ(ReplyOf("n1").state(), v1::INDETERMINATE);
  ExpectCounts(2, 0, 1, 1);
}

}  // namespace
}  // namespace orch::hub

#include "services/hub/jobs/run/job_watch.h"

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::SizeIs;

class JobWatchTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  std::shared_ptr<FakeSink<v1::InvokeResponse>> client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();
  std::unique_ptr<JobWatch> watch_ = std::make_unique<JobWatch>(&executor_, client_);

  static v1::Reply ReplyOf(size_t bytes) {
    v1::Reply reply;
    reply.set_data_json(std::string(bytes, 'x'));
    return reply;
  }
};

TEST_F(JobWatchTest, AcceptanceIsSentAtOnce) {
  v1::JobAccepted accepted;
  accepted.set_targets(3);
  watch_->Accepted(accepted);
  ASSERT_THAT(client_->responses, SizeIs(1));
  EXPECT_EQ(client_->responses[0].accepted().targets(), 3u);
}

TEST_F(JobWatchTest, RepliesOfTwoMillisecondsTravelTogether) {
  for (int i = 0; i < 10; ++i) watch_->AddReply(0, ReplyOf(10));
  EXPECT_THAT(client_->responses, SizeIs(0));
  executor_.Advance(absl::Milliseconds(2));
  ASSERT_THAT(client_->responses, SizeIs(1));
  EXPECT_EQ(client_->responses[0].replies_size(), 10);
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(client_->responses, SizeIs(1));
}

TEST_F(JobWatchTest, SixtyFourKilobytesAreNotHeldBack) {
  for (int i = 0; i < 7; ++i) watch_->AddReply(0, ReplyOf(10 << 10));
  ASSERT_THAT(client_->responses, SizeIs(1));
  EXPECT_LE(client_->responses[0].ByteSizeLong(), kFlushBytes);
}

TEST_F(JobWatchTest, ALargeReplyTravelsAlone) {
  watch_->AddReply(0, ReplyOf(10));
  watch_->AddReply(0, ReplyOf(3 << 20));
  ASSERT_THAT(client_->responses, SizeIs(2));
  EXPECT_EQ(client_->responses[1].replies_size(), 1);
}

TEST_F(JobWatchTest, TheEndCarriesWhatWasGathered) {
  watch_->AddReply(0, ReplyOf(10));
  watch_->AddFiltered("n0", "");
  v1::JobSummary summary;
  summary.set_ok(1);
  watch_->Finish(summary);
  ASSERT_THAT(client_->responses, SizeIs(1));
  EXPECT_EQ(client_->responses[0].replies_size(), 1);
  EXPECT_EQ(client_->responses[0].no_longer_targets(), 1u);
  EXPECT_EQ(client_->responses[0].summary().ok(), 1u);
  EXPECT_TRUE(client_->ended);
  EXPECT_TRUE(client_->end.ok());
}

TEST_F(JobWatchTest, NodesWhereADataFunctionFailedAreNamedWithTheReason) {
  watch_->AddFiltered("n0", "");
  watch_->AddFiltered("n1", "nrpe('load'): no such check");
  watch_->AddFiltered("n2", std::string(kMaxFilterFailureBytes - 1, 'x') + "ä");
  executor_.Advance(absl::Milliseconds(2));
  ASSERT_THAT(client_->responses, SizeIs(1));
  const v1::InvokeResponse& response = client_->responses[0];
  EXPECT_EQ(response.no_longer_targets(), 3u);
  ASSERT_EQ(response.filter_failures_size(), 2);
  EXPECT_EQ(response.filter_failures(0).identity(), "n1");
  EXPECT_EQ(response.filter_failures(0).reason(), "nrpe('load'): no such check");
  EXPECT_EQ(response.filter_failures(1).reason(), std::string(kMaxFilterFailureBytes - 1, 'x'));
}

TEST_F(JobWatchTest, AClientThatDoesNotReadIsCutOffAndTheRestIgnored) {
  client_->room = 1;
  watch_->AddReply(0, ReplyOf(kFlushBytes));
  watch_->AddReply(0, ReplyOf(kFlushBytes));
  EXPECT_EQ(client_->end.code(), absl::StatusCode::kResourceExhausted);
  watch_->AddReply(0, ReplyOf(kFlushBytes));
  watch_->AddFiltered("n0", "service('x'): gone");
  watch_->Finish({});
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(client_->responses, SizeIs(1));
}

TEST_F(JobWatchTest, NothingRunsAfterItIsGone) {
  watch_->AddReply(0, ReplyOf(10));
  watch_.reset();
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(client_->responses, SizeIs(0));
}

}  // namespace
}  // namespace orch::hub

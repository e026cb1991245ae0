#include "tests/hub/job_store_conformance.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_P(JobStoreConformance, AJobIsFoundAsItWasPut) {
  ASSERT_TRUE(store_->Create(JobOf("a")).ok());
  const auto job = store_->Get("a");
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->caller, "psk=peadmin");
  EXPECT_EQ(job->spec.plugin(), "package");
  EXPECT_EQ(job->targets, 2u);
  EXPECT_FALSE(job->summary.has_value());
}

TEST_P(JobStoreConformance, AnIdIsTakenOnce) {
  ASSERT_TRUE(store_->Create(JobOf("a")).ok());
  EXPECT_EQ(store_->Create(JobOf("a")).code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(JobStoreConformance, UnknownJobsAreNotFound) {
  EXPECT_EQ(store_->Get("x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Replies("x", 0, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->AppendReply("x", ReplyOf("n")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Finish("x", {}).code(), absl::StatusCode::kNotFound);
}

TEST_P(JobStoreConformance, RepliesComeBackInOrderAndInPages) {
  ASSERT_TRUE(store_->Create(JobOf("a")).ok());
  for (const char* node : {"n1", "n2", "n3"}) ASSERT_TRUE(store_->AppendReply("a", ReplyOf(node)).ok());
  const auto page = store_->Replies("a", 1, 5);
  ASSERT_TRUE(page.ok());
  ASSERT_THAT(*page, SizeIs(2));
  EXPECT_EQ(page->at(0).identity(), "n2");
  EXPECT_EQ(page->at(1).identity(), "n3");
  EXPECT_THAT(*store_->Replies("a", 3, 5), SizeIs(0));
  EXPECT_THAT(*store_->Replies("a", 99, 5), SizeIs(0));
}

TEST_P(JobStoreConformance, ATaskHasOneOutcome) {
  ASSERT_TRUE(store_->Create(JobOf("a")).ok());
  ASSERT_TRUE(store_->AppendReply("a", ReplyOf("n1")).ok());
  EXPECT_EQ(store_->AppendReply("a", ReplyOf("n1")).code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(JobStoreConformance, AFinishedJobTakesNothingMore) {
  ASSERT_TRUE(store_->Create(JobOf("a")).ok());
  v1::JobSummary summary;
  summary.set_ok(2);
  ASSERT_TRUE(store_->Finish("a", summary).ok());
  EXPECT_EQ(store_->Get("a")->summary->ok(), 2u);
  EXPECT_EQ(store_->AppendReply("a", ReplyOf("n1")).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store_->Finish("a", summary).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(JobStoreConformance, ListsTheNewestFirst) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(store_->Create(JobOf(id)).ok());
  std::vector<std::string> ids;
  for (const StoredJob& job : store_->List(2)) ids.push_back(job.job_id);
  EXPECT_THAT(ids, ElementsAre("c", "b"));
}

TEST_P(JobStoreConformance, KeepsABoundedNumberOfFinishedJobs) {
  for (const char* id : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(store_->Create(JobOf(id)).ok());
    ASSERT_TRUE(store_->Finish(id, {}).ok());
  }
  EXPECT_EQ(store_->Get("a").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store_->Get("b").ok());
}

TEST_P(JobStoreConformance, ARunningJobIsNeverForgotten) {
  ASSERT_TRUE(store_->Create(JobOf("runs")).ok());
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    ASSERT_TRUE(store_->Create(JobOf(id)).ok());
    ASSERT_TRUE(store_->Finish(id, {}).ok());
  }
  clock_.Advance(absl::Hours(5));
  store_->Expire();
  EXPECT_TRUE(store_->Get("runs").ok());
  EXPECT_THAT(store_->List(10), SizeIs(1));
}

TEST_P(JobStoreConformance, ForgetsFinishedJobsWithAge) {
  ASSERT_TRUE(store_->Create(JobOf("a")).ok());
  ASSERT_TRUE(store_->Finish("a", {}).ok());
  clock_.Advance(absl::Minutes(59));
  store_->Expire();
  EXPECT_TRUE(store_->Get("a").ok());
  clock_.Advance(absl::Minutes(2));
  store_->Expire();
  EXPECT_FALSE(store_->Get("a").ok());
}

TEST_P(JobStoreConformance, JobsWithoutRepliesAreBoundedInBytesToo) {
  StoredJob large = JobOf("a");
  large.spec.set_inputs_json(std::string(700 << 10, ' '));
  ASSERT_TRUE(store_->Create(large).ok());
  ASSERT_TRUE(store_->Finish("a", {}).ok());
  large.job_id = "b";
  ASSERT_TRUE(store_->Create(large).ok());
  EXPECT_FALSE(store_->Get("a").ok());
  EXPECT_TRUE(store_->Get("b").ok());
}

TEST_P(JobStoreConformance, BytesAreBoundedAndOutcomesStillKept) {
  const std::string big(300 << 10, 'x');
  ASSERT_TRUE(store_->Create(JobOf("old")).ok());
  ASSERT_TRUE(store_->AppendReply("old", ReplyOf("n0", big)).ok());
  ASSERT_TRUE(store_->Finish("old", {}).ok());
  ASSERT_TRUE(store_->Create(JobOf("a")).ok());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(store_->AppendReply("a", ReplyOf("n" + std::to_string(i), big)).ok());
  EXPECT_FALSE(store_->Get("old").ok());
  const auto replies = store_->Replies("a", 0, 10);
  ASSERT_THAT(*replies, SizeIs(6));
  size_t bytes = 0;
  for (const v1::Reply& reply : *replies) {
    EXPECT_EQ(reply.state(), v1::OK);
    bytes += reply.ByteSizeLong();
  }
  EXPECT_LE(bytes, size_t{1} << 20);
}

}  // namespace
}  // namespace orch::hub

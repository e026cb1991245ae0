#include "services/hub/job_store/memory_job_store.h"

#include "base/executor.h"
#include "base/manual_clock.h"
#include "tests/hub/job_store/job_store_conformance.h"

namespace orch::hub {
namespace {

using ::testing::SizeIs;

INSTANTIATE_TEST_SUITE_P(Memory, JobStoreConformance,
                         ::testing::Values([](const Clock* clock, Executor* executor, JobStoreLimits limits) {
                           MemoryJobStore::Options options;
                           options.count = limits.count;
                           options.age = limits.age;
                           return std::make_unique<MemoryJobStore>(clock, executor, options);
                         }));

class MemoryJobStoreTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  WaitingExecutor executor_;
  MemoryJobStore store_{&clock_, &executor_, {.bytes = 1u << 20}};
  StoreCalls call_{&store_, &executor_};
};

TEST_F(MemoryJobStoreTest, JobsWithoutRepliesAreBoundedInBytesToo) {
  StoredJob large = JobOf(JobId("a"));
  large.spec.set_inputs_json(std::string(700 << 10, ' '));
  ASSERT_TRUE(call_.Create(large, {}).ok());
  ASSERT_TRUE(call_.Finish(JobId("a")).ok());
  large.job_id = JobId("b");
  ASSERT_TRUE(call_.Create(large, {}).ok());
  EXPECT_FALSE(call_.Get(JobId("a")).ok());
  EXPECT_TRUE(call_.Get(JobId("b")).ok());
}

TEST_F(MemoryJobStoreTest, BytesAreBoundedAndOutcomesStillKept) {
  const std::string big(300 << 10, 'x');
  const std::string old = JobId("d"), runs = JobId("a");
  ASSERT_TRUE(call_.Create(JobOf(old), {"n"}).ok());
  ASSERT_TRUE(call_.AppendReply(old, 0, ReplyOf("n", v1::OK, big)).ok());
  ASSERT_TRUE(call_.Finish(old).ok());
  ASSERT_TRUE(call_.Create(JobOf(runs), std::vector<std::string>(6, "n")).ok());
  for (uint32_t i = 0; i < 6; ++i) ASSERT_TRUE(call_.AppendReply(runs, i, ReplyOf("n", v1::OK, big)).ok());
  EXPECT_FALSE(call_.Get(old).ok());
  const auto page = call_.Replies(runs);
  ASSERT_THAT(page->replies, SizeIs(6));
  size_t bytes = 0;
  for (const StoredReply& stored : page->replies) {
    EXPECT_EQ(stored.reply.state(), v1::OK);
    bytes += stored.reply.ByteSizeLong();
  }
  EXPECT_LE(bytes, size_t{1} << 20);
}

}  // namespace
}  // namespace orch::hub

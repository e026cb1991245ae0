#include "services/hub/events/announcing_job_store.h"

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "services/hub/job_store/memory_job_store.h"
#include "tests/hub/fakes.h"
#include "tests/hub/job_store/job_store_conformance.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Event = v1::WatchEventsResponse;

class AnnouncingJobStoreTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  EventLog events_{&clock_, "0011", 1};
  MemoryJobStore* memory_ = new MemoryJobStore(&clock_, &executor_, {});
  AnnouncingJobStore store_{std::unique_ptr<JobStore>(memory_), &events_};
  StoreCalls call_{&store_, &executor_};
  std::shared_ptr<FakeSink<Event>> sink_ = std::make_shared<FakeSink<Event>>();
  const std::string id_ = JobId("a");

  void SetUp() override {
    ASSERT_TRUE(events_.Add({}, sink_).ok());
    sink_->responses.clear();  // has caught up
  }
  std::vector<Event::Kind> Kinds() const {
    std::vector<Event::Kind> kinds;
    for (const Event& event : sink_->responses) kinds.push_back(event.kind());
    return kinds;
  }
};

TEST_F(AnnouncingJobStoreTest, TellsAJobsLife) {
  ASSERT_TRUE(call_.Create(JobOf(id_), {"n1", "n2", "n3"}).ok());
  ASSERT_TRUE(call_.RecordTasks(id_, {{.task = 0}, {.task = 1}}).ok());
  ASSERT_TRUE(call_.AppendReply(id_, 0, ReplyOf("n1")).ok());
  ASSERT_TRUE(call_.AppendReply(id_, 1, ReplyOf("n2", v1::FAILED)).ok());
  ASSERT_TRUE(call_.RecordRollout(id_, {.state = v1::JOB_PAUSED, .paused_because = "canary"}).ok());
  ASSERT_TRUE(call_.RecordRollout(id_, {.state = v1::JOB_PAUSED, .paused_because = "canary", .detail = "main"}).ok());
  ASSERT_TRUE(call_.RecordRollout(id_, {.state = v1::JOB_RUNNING}).ok());
  clock_.Advance(absl::Seconds(2));
  ASSERT_TRUE(call_.RecordTasks(id_, {{.task = 2, .filtered = true}}).ok());
  v1::JobSummary summary;
  summary.set_ok(1);
  ASSERT_TRUE(call_.Finish(id_, summary).ok());
  EXPECT_THAT(Kinds(), ElementsAre(Event::JOB_ACCEPTED, Event::JOB_PROGRESS, Event::JOB_PAUSED, Event::JOB_RESUMED,
                                   Event::JOB_PROGRESS, Event::JOB_FINISHED));
  EXPECT_EQ(sink_->responses[2].job().paused_because(), "canary");
  EXPECT_EQ(sink_->responses[2].job().failed(), 1u);
  const v1::Job& last = sink_->responses.back().job();
  EXPECT_EQ(last.state(), v1::JOB_FINISHED);
  EXPECT_EQ(last.targets(), 2u);
  EXPECT_EQ(last.summary().ok(), 1u);
  EXPECT_EQ(last.spec().plugin(), "package");
  EXPECT_EQ(last.spec().inputs_json(), "");
}

TEST_F(AnnouncingJobStoreTest, WhatWasNotCommittedIsNotTold) {
  ASSERT_TRUE(call_.Create(JobOf(id_), {"n1"}).ok());
  EXPECT_FALSE(call_.Create(JobOf(id_), {}).ok());
  EXPECT_FALSE(call_.AppendReply(id_, 7, ReplyOf("n")).ok());
  EXPECT_FALSE(call_.Finish(JobId("b")).ok());
  EXPECT_THAT(Kinds(), ElementsAre(Event::JOB_ACCEPTED));
}

TEST_F(AnnouncingJobStoreTest, AJobOfTheLastLifeIsToldOfToo) {
  ASSERT_TRUE(StoreCalls(memory_, &executor_).Create(JobOf(id_), {"n1"}).ok());
  ASSERT_TRUE(store_.LoadUnfinished([](const UnfinishedJob&) {}).ok());
  EXPECT_THAT(Kinds(), IsEmpty());
  ASSERT_TRUE(call_.Finish(id_).ok());
  EXPECT_THAT(Kinds(), ElementsAre(Event::JOB_FINISHED));
}

}  // namespace
}  // namespace orch::hub

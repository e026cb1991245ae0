#include "tests/hub/job_store/job_store_conformance.h"

namespace orch::hub {

std::string JobId(const std::string& digits) { return digits + std::string(kJobIdDigits - digits.size(), '0'); }

StoredJob JobOf(const std::string& id, const std::string& plugin) {
  StoredJob job;
  job.job_id = id;
  job.caller = "client=peadmin";
  job.spec.set_plugin(plugin);
  job.spec.set_action("status");
  job.spec.set_inputs_json("{\"a\":\"***\"}");
  job.inputs_withheld = true;
  job.accepted.set_job_id(id);
  job.accepted.add_unknown_identities("ghost");
  job.created_us = 1'700'000'000'000'000;
  job.run_limit = absl::Seconds(5);
  job.deadline = absl::Seconds(7);
  job.plan = std::string("\0groups", 7);
  job.targets = 3;
  return job;
}

v1::Reply ReplyOf(const std::string& identity, v1::TaskState state, const std::string& data) {
  v1::Reply reply;
  reply.set_identity(identity);
  reply.set_state(state);
  reply.set_data_json(data);
  return reply;
}

std::vector<std::string> JobStoreConformance::Ids(JobFilter filter) {
  std::vector<std::string> ids;
  const auto page = call_.List(std::move(filter), 0, 100);
  EXPECT_TRUE(page.ok()) << page.status();
  for (const StoredJob& job : page->jobs) ids.push_back(job.job_id);
  return ids;
}

std::vector<std::string> JobStoreConformance::Identities(const std::string& id, ReplyQuery query) {
  std::vector<std::string> identities;
  const auto page = call_.Replies(id, std::move(query));
  EXPECT_TRUE(page.ok()) << page.status();
  for (const StoredReply& stored : page->replies) identities.push_back(stored.reply.identity());
  return identities;
}

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = absl::StatusCode;

TEST_P(JobStoreConformance, AJobIsFoundAsItWasPut) {
  CreateJob(a_);
  const auto job = call_.Get(a_);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->job_id, a_);
  EXPECT_EQ(job->caller, "client=peadmin");
  EXPECT_EQ(job->spec.plugin(), "package");
  EXPECT_EQ(job->spec.inputs_json(), "{\"a\":\"***\"}");
  EXPECT_TRUE(job->inputs_withheld);
  EXPECT_EQ(job->accepted.unknown_identities(0), "ghost");
  EXPECT_EQ(job->created_us, 1'700'000'000'000'000);
  EXPECT_EQ(job->run_limit, absl::Seconds(5));
  EXPECT_EQ(job->deadline, absl::Seconds(7));
  EXPECT_EQ(job->plan, std::string("\0groups", 7));
  EXPECT_EQ(job->targets, 3u);
  EXPECT_EQ(job->state(), v1::JOB_RUNNING);
  EXPECT_FALSE(job->summary.has_value());
}

TEST_P(JobStoreConformance, AnIdIsTakenOnce) {
  CreateJob(a_);
  EXPECT_EQ(call_.Create(JobOf(a_), {}).code(), Code::kAlreadyExists);
}

TEST_P(JobStoreConformance, UnknownJobsAreNotFound) {
  EXPECT_EQ(call_.Get(a_).status().code(), Code::kNotFound);
  EXPECT_EQ(call_.Replies(a_).status().code(), Code::kNotFound);
  EXPECT_EQ(call_.AppendReply(a_, 0, ReplyOf("n1")).status().code(), Code::kNotFound);
  EXPECT_EQ(call_.RecordTasks(a_, {{.task = 0}}).code(), Code::kNotFound);
  EXPECT_EQ(call_.RecordRollout(a_, {}).code(), Code::kNotFound);
  EXPECT_EQ(call_.Finish(a_).code(), Code::kNotFound);
}

TEST_P(JobStoreConformance, EightDigitsNameAJobIfNoOtherBeginsSo) {
  const std::string one = JobId("0123456789"), other = JobId("012345678a");
  CreateJob(one);
  EXPECT_EQ(call_.Get("01234567")->job_id, one);
  CreateJob(other);
  EXPECT_EQ(call_.Get("0123456789")->job_id, one);
  const absl::Status several = call_.Get("01234567").status();
  EXPECT_EQ(several.code(), Code::kInvalidArgument);
  EXPECT_THAT(several.message(), HasSubstr("more digits"));
  EXPECT_EQ(call_.Get("0123456").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(call_.Get("01234567%").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(call_.Get("01234568").status().code(), Code::kNotFound);
}

TEST_P(JobStoreConformance, RepliesAreNumberedAndComeInPages) {
  CreateJob(a_);
  EXPECT_EQ(*call_.AppendReply(a_, 2, ReplyOf("n3")), 1u);
  EXPECT_EQ(*call_.AppendReply(a_, 0, ReplyOf("n1", v1::FAILED)), 2u);
  EXPECT_EQ(*call_.AppendReply(a_, 1, ReplyOf("n2")), 3u);
  const auto page = call_.Replies(a_, {.limit = 2});
  ASSERT_THAT(page->replies, SizeIs(2));
  EXPECT_EQ(page->replies[0].reply.identity(), "n3");
  EXPECT_EQ(page->replies[1].number, 2u);
  EXPECT_EQ(page->next, 3u);
  EXPECT_THAT(Identities(a_, {.from = page->next}), ElementsAre("n2"));
  EXPECT_EQ(call_.Replies(a_, {.from = 3})->next, 0u);
  EXPECT_THAT(Identities(a_, {.from = 4}), IsEmpty());
  EXPECT_THAT(Identities(a_, {.from = ~uint64_t{0}}), IsEmpty());
  EXPECT_THAT(Identities(a_, {.states = {v1::FAILED, v1::DENIED}}), ElementsAre("n1"));
}

TEST_P(JobStoreConformance, APageOfRepliesIsBoundedInBytesToo) {
  CreateJob(a_);
  const std::string large(10'000, 'x');
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(call_.AppendReply(a_, i, ReplyOf("n", v1::OK, large)).ok());
  const auto page = call_.Replies(a_, {.bytes = 25'000});
  EXPECT_THAT(page->replies, SizeIs(2));
  EXPECT_EQ(page->next, 3u);
  EXPECT_THAT(call_.Replies(a_, {.bytes = 1})->replies, SizeIs(1));
}

TEST_P(JobStoreConformance, OutcomesAreCounted) {
  CreateJob(a_);
  ASSERT_TRUE(call_.AppendReply(a_, 0, ReplyOf("n1")).ok());
  ASSERT_TRUE(call_.AppendReply(a_, 1, ReplyOf("n2", v1::DENIED)).ok());
  ASSERT_TRUE(call_.AppendReply(a_, 2, ReplyOf("n3", v1::OFFLINE)).ok());
  const auto job = call_.Get(a_);
  EXPECT_EQ(job->ok, 1u);
  EXPECT_EQ(job->failed, 1u);
  EXPECT_EQ(job->missing, 1u);
}

TEST_P(JobStoreConformance, ATaskHasOneOutcome) {
  CreateJob(a_);
  ASSERT_TRUE(call_.AppendReply(a_, 0, ReplyOf("n1")).ok());
  EXPECT_EQ(call_.AppendReply(a_, 0, ReplyOf("n1")).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(call_.AppendReply(a_, 3, ReplyOf("n4")).status().code(), Code::kOutOfRange);
  EXPECT_THAT(Identities(a_), ElementsAre("n1"));
}

TEST_P(JobStoreConformance, AFinishedJobTakesNothingMore) {
  CreateJob(a_);
  v1::JobSummary summary;
  summary.set_ok(2);
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(call_.Finish(a_, summary).ok());
  const auto job = call_.Get(a_);
  EXPECT_EQ(job->summary->ok(), 2u);
  EXPECT_EQ(job->state(), v1::JOB_FINISHED);
  EXPECT_EQ(job->finished_us, absl::ToUnixMicros(clock_.Now()));
  EXPECT_EQ(call_.AppendReply(a_, 0, ReplyOf("n1")).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(call_.RecordTasks(a_, {{.task = 0}}).code(), Code::kFailedPrecondition);
  EXPECT_EQ(call_.RecordRollout(a_, {}).code(), Code::kFailedPrecondition);
  EXPECT_EQ(call_.Finish(a_, summary).code(), Code::kFailedPrecondition);
}

TEST_P(JobStoreConformance, WritesAreAnsweredInTheirOrder) {
  std::vector<int> order;
  store_->Create(JobOf(a_), {"n1"}, [&](const absl::Status&) { order.push_back(1); });
  store_->AppendReply(a_, 0, ReplyOf("n1"), [&](const absl::StatusOr<uint64_t>& number) {
    EXPECT_TRUE(number.ok()) << number.status();
    order.push_back(2);
  });
  store_->Finish(a_, {}, nullptr);
  store_->Create(JobOf(b_), {}, [&](const absl::Status&) { order.push_back(3); });
  EXPECT_THAT(order, IsEmpty());  // never at once: the caller is not ready for it
  while (order.size() < 3) executor_.RunOne();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  EXPECT_TRUE(call_.Get(a_)->summary.has_value());
}

TEST_P(JobStoreConformance, AnIdempotencyKeyIsACallersOwn) {
  StoredJob job = JobOf(a_);
  job.spec.set_idempotency_key("k");
  ASSERT_TRUE(call_.Create(job, {}).ok());
  job.job_id = b_;
  const absl::Status again = call_.Create(job, {});
  EXPECT_EQ(again.code(), Code::kAlreadyExists);
  EXPECT_THAT(again.message(), HasSubstr(a_));
  EXPECT_EQ(call_.GetByKey("client=peadmin", "k")->job_id, a_);
  EXPECT_EQ(call_.GetByKey("client=other", "k").status().code(), Code::kNotFound);
  job.caller = "client=other";
  EXPECT_TRUE(call_.Create(job, {}).ok());
  EXPECT_EQ(call_.GetByKey("client=other", "k")->job_id, b_);
}

TEST_P(JobStoreConformance, AKeyIsFreeOnceItsJobIsForgotten) {
  StoredJob job = JobOf(a_);
  job.spec.set_idempotency_key("k");
  ASSERT_TRUE(call_.Create(job, {}).ok());
  ASSERT_TRUE(call_.Finish(a_).ok());
  ASSERT_TRUE(call_.Prune(0, 0).ok());
  job.job_id = b_;
  EXPECT_TRUE(call_.Create(job, {}).ok());
}

TEST_P(JobStoreConformance, UnfinishedJobsAreLoadedAsTheyWereLeft) {
  CreateJob(a_);
  CreateJob(b_);
  ASSERT_TRUE(call_.Finish(b_).ok());
  RolloutState rollout;
  rollout.state = v1::JOB_PAUSED;
  rollout.paused_because = "canary";
  rollout.stop_reason = v1::STOP_REASON_MAX_FAILURES;
  rollout.detail = "d";
  ASSERT_TRUE(call_.RecordRollout(a_, rollout).ok());
  ASSERT_TRUE(call_.RecordTasks(a_, {{.task = 0}, {.task = 1}}).ok());
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(call_.RecordTasks(a_, {{.task = 1, .state = v1::PENDING, .attempt = 2}}).ok());
  ASSERT_TRUE(call_.AppendReply(a_, 0, ReplyOf("n1")).ok());
  ASSERT_TRUE(call_.RecordTasks(a_, {{.task = 2, .filtered = true}}).ok());

  std::vector<UnfinishedJob> jobs;
  ASSERT_TRUE(store_->LoadUnfinished([&](UnfinishedJob job) { jobs.push_back(std::move(job)); }).ok());
  ASSERT_THAT(jobs, SizeIs(1));
  const UnfinishedJob& job = jobs[0];
  EXPECT_EQ(job.job.job_id, a_);
  EXPECT_EQ(job.job.targets, 2u);  // one said it is none
  EXPECT_EQ(job.job.state(), v1::JOB_PAUSED);
  EXPECT_EQ(job.job.rollout.paused_because, "canary");
  EXPECT_EQ(job.job.rollout.stop_reason, v1::STOP_REASON_MAX_FAILURES);
  EXPECT_EQ(job.job.rollout.detail, "d");
  EXPECT_EQ(job.replies, 1u);
  ASSERT_THAT(job.tasks, SizeIs(3));
  EXPECT_EQ(job.tasks[0].identity, "n1");
  EXPECT_EQ(job.tasks[0].state, v1::OK);
  EXPECT_EQ(job.tasks[1].state, v1::PENDING);
  EXPECT_EQ(job.tasks[1].attempt, 2);
  EXPECT_EQ(job.tasks[1].changed_us, absl::ToUnixMicros(clock_.Now()));
  EXPECT_TRUE(job.tasks[2].filtered);
}

TEST_P(JobStoreConformance, AChangeOfATaskThatIsNotThereChangesNothing) {
  CreateJob(a_);
  EXPECT_EQ(call_.RecordTasks(a_, {{.task = 0}, {.task = 3}}).code(), Code::kOutOfRange);
  ASSERT_TRUE(store_->LoadUnfinished([](const UnfinishedJob& job) { EXPECT_EQ(job.tasks[0].attempt, 0); }).ok());
}

TEST_P(JobStoreConformance, ListsTheNewestFirst) {
  for (const std::string& id : {b_, c_, a_}) CreateJob(id);
  EXPECT_THAT(Ids(), ElementsAre(a_, c_, b_));
}

TEST_P(JobStoreConformance, ListsWhatFitsTheFilter) {
  StoredJob job = JobOf(a_, "service");
  job.caller = "client=other";
  job.created_us = 100;
  ASSERT_TRUE(call_.Create(job, {}).ok());
  ASSERT_TRUE(call_.Finish(a_).ok());
  job = JobOf(b_);
  job.spec.set_action("install");
  job.created_us = 200;
  ASSERT_TRUE(call_.Create(job, {}).ok());
  ASSERT_TRUE(call_.RecordRollout(b_, {.state = v1::JOB_PAUSED}).ok());
  job = JobOf(c_);
  job.created_us = 300;
  ASSERT_TRUE(call_.Create(job, {}).ok());
  EXPECT_THAT(Ids({.caller = "client=other"}), ElementsAre(a_));
  EXPECT_THAT(Ids({.plugin = "package"}), ElementsAre(c_, b_));
  EXPECT_THAT(Ids({.plugin = "package", .action = "install"}), ElementsAre(b_));
  EXPECT_THAT(Ids({.state = v1::JOB_FINISHED}), ElementsAre(a_));
  EXPECT_THAT(Ids({.state = v1::JOB_PAUSED}), ElementsAre(b_));
  EXPECT_THAT(Ids({.state = v1::JOB_RUNNING}), ElementsAre(c_));
  EXPECT_THAT(Ids({.created_after_us = 200}), ElementsAre(c_, b_));
  EXPECT_THAT(Ids({.created_after_us = 150, .created_before_us = 300}), ElementsAre(b_));
  EXPECT_THAT(Ids({.caller = "client=nobody"}), IsEmpty());
}

TEST_P(JobStoreConformance, PagesStayRightWhileJobsComeAndGo) {
  for (const std::string& id : {a_, b_, c_, d_}) CreateJob(id);
  auto page = call_.List({}, 0, 2);
  ASSERT_THAT(page->jobs, SizeIs(2));
  EXPECT_EQ(page->jobs[1].job_id, c_);
  ASSERT_NE(page->next, 0u);
  CreateJob(JobId("e"));
  ASSERT_TRUE(call_.Finish(c_).ok());
  ASSERT_TRUE(call_.Prune(0, 0).ok());
  page = call_.List({}, page->next, 2);
  ASSERT_THAT(page->jobs, SizeIs(2));
  EXPECT_EQ(page->jobs[0].job_id, b_);
  EXPECT_EQ(page->jobs[1].job_id, a_);
  EXPECT_EQ(page->next, 0u);
}

TEST_P(JobStoreConformance, KeepsABoundedNumberOfFinishedJobs) {
  for (const std::string& id : {a_, b_, c_, d_}) {
    CreateJob(id);
    ASSERT_TRUE(call_.Finish(id).ok());
  }
  call_.Expire();
  EXPECT_EQ(call_.Get(a_).status().code(), Code::kNotFound);
  EXPECT_TRUE(call_.Get(b_).ok());
}

TEST_P(JobStoreConformance, ARunningJobIsNeverForgotten) {
  const std::string runs = JobId("f");
  CreateJob(runs);
  for (const std::string& id : {a_, b_, c_, d_}) {
    CreateJob(id);
    ASSERT_TRUE(call_.Finish(id).ok());
  }
  clock_.Advance(absl::Hours(5));
  call_.Expire();
  EXPECT_EQ(*call_.Prune(0, 0), 0u);
  EXPECT_THAT(Ids(), ElementsAre(runs));
}

TEST_P(JobStoreConformance, ForgetsFinishedJobsWithAge) {
  CreateJob(a_);
  ASSERT_TRUE(call_.Finish(a_).ok());
  clock_.Advance(absl::Minutes(59));
  call_.Expire();
  EXPECT_TRUE(call_.Get(a_).ok());
  clock_.Advance(absl::Minutes(2));
  call_.Expire();
  EXPECT_FALSE(call_.Get(a_).ok());
  EXPECT_EQ(call_.Replies(a_).status().code(), Code::kNotFound);
}

TEST_P(JobStoreConformance, PruneKeepsTheNewestAndTheYoung) {
  for (const std::string& id : {a_, b_, c_}) {
    CreateJob(id);
    ASSERT_TRUE(call_.Finish(id).ok());
    clock_.Advance(absl::Seconds(10));
  }
  const int64_t after_a = absl::ToUnixMicros(clock_.Now() - absl::Seconds(25));
  EXPECT_EQ(*call_.Prune(after_a, 3), 0u);
  EXPECT_EQ(*call_.Prune(after_a, 0), 1u);
  EXPECT_THAT(Ids(), ElementsAre(c_, b_));
  EXPECT_EQ(*call_.Prune(0, 1), 1u);
  EXPECT_THAT(Ids(), ElementsAre(c_));
}

TEST_P(JobStoreConformance, SaysWhatItHolds) {
  EXPECT_EQ(store_->Stats().jobs, 0u);
  CreateJob(a_);
  EXPECT_EQ(store_->Stats().jobs, 1u);
  EXPECT_GT(store_->Stats().bytes, 0u);
  EXPECT_NE(store_->Stats().place, "");
  EXPECT_EQ(store_->Stats().problem, "");
  EXPECT_THAT(store_->id(), SizeIs(16));
  EXPECT_EQ(store_->starts(), 1u);
}

}  // namespace
}  // namespace orch::hub

#include "services/hub/api/job_queries.h"

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "services/hub/job_store/memory_job_store.h"
#include "tests/hub/job_store/job_store_conformance.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class JobQueriesTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  MemoryJobStore store_{&clock_, &executor_, {.id = "00112233445566aa"}};
  StoreCalls call_{&store_, &executor_};
  JobQueries queries_{&store_, [](absl::string_view job_id, v1::GetJobResponse* response) {
                        response->add_open()->set_identity(absl::StrCat("open of ", job_id));
                      }};
  const std::string a_ = JobId("a"), b_ = JobId("b"), c_ = JobId("c");

  template <typename Request, typename Response>
  absl::Status Ask(void (JobQueries::*method)(const Request&, Response*, JobQueries::Done), const Request& request,
                   Response* response) {
    absl::Status got = absl::UnknownError("not answered");
    (queries_.*method)(request, response, [&got](absl::Status status) { got = std::move(status); });
    executor_.RunUntilIdle();
    return got;
  }
  absl::Status Prune(const v1::PruneJobsRequest& request, v1::PruneJobsResponse* response) {
    absl::Status got = absl::UnknownError("not answered");
    queries_.PruneJobs(request, "client=me", response, [&got](absl::Status status) { got = std::move(status); });
    executor_.RunUntilIdle();
    return got;
  }
  void CreateJob(const std::string& id) { ASSERT_TRUE(call_.Create(JobOf(id), {"n1", "n2", "n3"}).ok()); }
};

TEST_F(JobQueriesTest, ShowsAJobAndWhatOfItIsOpen) {
  CreateJob(a_);
  ASSERT_TRUE(call_.AppendReply(a_, 0, ReplyOf("n1")).ok());
  v1::GetJobRequest request;
  request.set_job_id("a0000000");
  v1::GetJobResponse response;
  ASSERT_TRUE(Ask(&JobQueries::GetJob, request, &response).ok());
  EXPECT_EQ(response.job().job_id(), a_);
  EXPECT_EQ(response.job().state(), v1::JOB_RUNNING);
  EXPECT_EQ(response.job().ok(), 1u);
  EXPECT_EQ(response.job().spec().inputs_json(), "{\"a\":\"***\"}");
  EXPECT_EQ(response.open(0).identity(), "open of " + a_);
  v1::JobSummary summary;
  summary.set_ok(1);
  ASSERT_TRUE(call_.Finish(a_, summary).ok());
  response.Clear();
  ASSERT_TRUE(Ask(&JobQueries::GetJob, request, &response).ok());
  EXPECT_EQ(response.job().state(), v1::JOB_FINISHED);
  EXPECT_EQ(response.job().summary().ok(), 1u);
  EXPECT_EQ(response.open_size(), 0);
}

TEST_F(JobQueriesTest, ListsInPages) {
  for (const std::string& id : {a_, b_, c_}) CreateJob(id);
  v1::ListJobsRequest request;
  request.set_page_size(2);
  v1::ListJobsResponse page;
  ASSERT_TRUE(Ask(&JobQueries::ListJobs, request, &page).ok());
  ASSERT_THAT(page.jobs(), SizeIs(2));
  EXPECT_EQ(page.jobs(0).job_id(), c_);
  request.set_page_token(page.next_page_token());
  page.Clear();
  ASSERT_TRUE(Ask(&JobQueries::ListJobs, request, &page).ok());
  ASSERT_THAT(page.jobs(), SizeIs(1));
  EXPECT_EQ(page.jobs(0).job_id(), a_);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(JobQueriesTest, ListsRepliesInPagesByOutcome) {
  CreateJob(a_);
  ASSERT_TRUE(call_.AppendReply(a_, 0, ReplyOf("n1")).ok());
  ASSERT_TRUE(call_.AppendReply(a_, 1, ReplyOf("n2", v1::FAILED)).ok());
  ASSERT_TRUE(call_.AppendReply(a_, 2, ReplyOf("n3")).ok());
  v1::ListRepliesRequest request;
  request.set_job_id(a_.substr(0, 8));
  request.add_states(v1::OK);
  request.set_page_size(1);
  v1::ListRepliesResponse page;
  ASSERT_TRUE(Ask(&JobQueries::ListReplies, request, &page).ok());
  EXPECT_EQ(page.replies(0).identity(), "n1");
  request.set_page_token(page.next_page_token());
  page.Clear();
  ASSERT_TRUE(Ask(&JobQueries::ListReplies, request, &page).ok());
  ASSERT_THAT(page.replies(), SizeIs(1));
  EXPECT_EQ(page.replies(0).identity(), "n3");
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(JobQueriesTest, PrunesWhatIsFinished) {
  for (const std::string& id : {a_, b_, c_}) CreateJob(id);
  ASSERT_TRUE(call_.Finish(a_).ok());
  ASSERT_TRUE(call_.Finish(b_).ok());
  v1::PruneJobsRequest request;
  request.set_keep(1);
  v1::PruneJobsResponse response;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Prune(request, &response).ok());
  const std::string logged = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(response.removed(), 1u);
  EXPECT_FALSE(call_.Get(a_).ok());
  for (const char* said : {"jobs pruned", "client=me", "keep=1", "removed=1"}) EXPECT_THAT(logged, HasSubstr(said));
}

TEST_F(JobQueriesTest, RefusesToPruneWithoutABound) {
  CreateJob(a_);
  ASSERT_TRUE(call_.Finish(a_).ok());
  v1::PruneJobsResponse response;
  const absl::Status refused = Prune({}, &response);
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("finished_before_us and keep"));
  EXPECT_TRUE(call_.Get(a_).ok());
}

TEST_F(JobQueriesTest, ErrorsNameTheField) {
  const auto list = [this](const v1::ListJobsRequest& request) {
    v1::ListJobsResponse response;
    const absl::Status status = Ask(&JobQueries::ListJobs, request, &response);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  v1::ListJobsRequest request;
  request.set_page_size(1001);
  EXPECT_THAT(list(request), HasSubstr("page_size"));
  request.Clear();
  request.set_state(static_cast<v1::JobState>(77));
  EXPECT_THAT(list(request), HasSubstr("state"));
  request.Clear();
  request.set_created_after_us(5);
  request.set_created_before_us(5);
  EXPECT_THAT(list(request), HasSubstr("created_after_us"));
  request.Clear();
  request.set_created_after_us(-1);
  EXPECT_THAT(list(request), HasSubstr("created_after_us"));
  for (const char* token :
       {"x", "00112233445566aa:", "00112233445566aa:0", "ffffffffffffffff:5", "00112233445566aa:5x"}) {
    request.Clear();
    request.set_page_token(token);
    EXPECT_THAT(list(request), HasSubstr("page_token")) << token;
  }
  v1::ListRepliesRequest replies;
  v1::ListRepliesResponse response;
  EXPECT_THAT(Ask(&JobQueries::ListReplies, replies, &response).message(), HasSubstr("job_id"));
  replies.set_job_id(a_);
  replies.add_states(v1::RUNNING);
  EXPECT_THAT(Ask(&JobQueries::ListReplies, replies, &response).message(), HasSubstr("states"));
  replies.clear_states();
  EXPECT_EQ(Ask(&JobQueries::ListReplies, replies, &response).code(), absl::StatusCode::kNotFound);
  v1::GetJobRequest get;
  v1::GetJobResponse got;
  get.set_job_id("../../etc");
  EXPECT_THAT(Ask(&JobQueries::GetJob, get, &got).message(), HasSubstr("job_id"));
  v1::PruneJobsRequest prune;
  v1::PruneJobsResponse pruned;
  prune.set_finished_before_us(-1);
  EXPECT_THAT(Prune(prune, &pruned).message(), HasSubstr("finished_before_us"));
}

}  // namespace
}  // namespace orch::hub

// Jobs that are kept, and events, as clients see them.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/cluster/cluster.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A ping that is kept.
v1::JobSpec RecordedPing() {
  v1::JobSpec spec = PingSpec();
  spec.set_record(true);
  return spec;
}

// Answered behind all that was written before it.
void AwaitCommit(TestClient* client) {
  v1::PruneJobsRequest nothing;
  nothing.set_keep(1000);
  v1::PruneJobsResponse response;
  ASSERT_TRUE(client->stub().PruneJobs(client->Context().get(), nothing, &response).ok());
  EXPECT_EQ(response.removed(), 0u);
}

TEST_F(ClusterTest, AJobIsFoundAgainAfterTheHubIsStartedAgain) {
  StartHub();
  auto node = Attach("a");
  const auto ran = Connect()->Invoke(RecordedPing());
  ASSERT_TRUE(ran.status.ok()) << ran.status.error_message();
  const std::string id = ran.accepted.job_id();
  node.reset();
  StopHub();
  StartHub();
  const auto client = Connect();

  v1::GetJobRequest get;
  get.set_job_id(id.substr(0, 8));
  v1::GetJobResponse got;
  ASSERT_TRUE(client->stub().GetJob(client->Context().get(), get, &got).ok());
  EXPECT_EQ(got.job().job_id(), id);
  EXPECT_EQ(got.job().state(), v1::JOB_FINISHED);
  EXPECT_EQ(got.job().caller(), "client=peadmin");
  EXPECT_TRUE(got.job().durable());

  v1::ListRepliesRequest replies;
  replies.set_job_id(id);
  v1::ListRepliesResponse page;
  ASSERT_TRUE(client->stub().ListReplies(client->Context().get(), replies, &page).ok());
  ASSERT_THAT(page.replies(), SizeIs(1));
  EXPECT_EQ(page.replies(0).identity(), "a");
  EXPECT_EQ(page.next_page_token(), "");

  const v1::GetHubStatusResponse status = client->HubStatus();
  EXPECT_EQ(status.store(), config_.store);
  EXPECT_EQ(status.jobs_stored(), 1u);
  EXPECT_GT(status.store_bytes(), 0u);
}

TEST_F(ClusterTest, JobsAreListedAndForgotten) {
  StartHub();
  const auto node = Attach("a");
  const auto client = Connect();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->Invoke(RecordedPing()).status.ok());
  AwaitCommit(client.get());
  v1::ListJobsRequest list;
  list.set_page_size(2);
  v1::ListJobsResponse page;
  ASSERT_TRUE(client->stub().ListJobs(client->Context().get(), list, &page).ok());
  EXPECT_THAT(page.jobs(), SizeIs(2));
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(client->stub().ListJobs(client->Context().get(), list, &page).ok());
  EXPECT_THAT(page.jobs(), SizeIs(1));

  list.Clear();
  list.set_page_token("elsewhere:3");
  const grpc::Status refused = client->stub().ListJobs(client->Context().get(), list, &page);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.error_message(), HasSubstr("page_token"));

  v1::PruneJobsRequest prune;
  v1::PruneJobsResponse pruned;
  EXPECT_EQ(client->stub().PruneJobs(client->Context().get(), prune, &pruned).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  prune.set_finished_before_us(absl::ToUnixMicros(clock_.Now()));
  ASSERT_TRUE(client->stub().PruneJobs(client->Context().get(), prune, &pruned).ok());
  EXPECT_EQ(pruned.removed(), 3u);
  list.Clear();
  ASSERT_TRUE(client->stub().ListJobs(client->Context().get(), list, &page).ok());
  EXPECT_THAT(page.jobs(), IsEmpty());
}

TEST_F(ClusterTest, EventsGoOnFromTheirCursor) {
  StartHub();
  const auto client = Connect();
  const auto node = Attach("a");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(client->Invoke(RecordedPing()).status.ok());
  AwaitCommit(client.get());
  // What every event of this hub comes after: the store's id (a page's token has it), its first start.
  v1::ListJobsRequest list;
  list.set_page_size(1);
  v1::ListJobsResponse page;
  ASSERT_TRUE(client->stub().ListJobs(client->Context().get(), list, &page).ok());
  const std::string store_id = page.next_page_token().substr(0, 16);
  v1::WatchEventsRequest request;
  request.set_cursor(absl::StrCat(store_id, ":", uint64_t{1} << 40));
  const auto context = client->Context();
  const auto reader = client->stub().WatchEvents(context.get(), request);
  std::vector<v1::WatchEventsResponse> events;
  v1::WatchEventsResponse event;
  do {
    ASSERT_TRUE(reader->Read(&event));
    events.push_back(event);
  } while (event.kind() != v1::WatchEventsResponse::JOB_FINISHED);
  context->TryCancel();
  reader->Finish();
  EXPECT_EQ(events.front().kind(), v1::WatchEventsResponse::NODE_CONNECTED);
  EXPECT_EQ(events.front().identity(), "a");
  EXPECT_EQ(event.job().summary().ok(), 1u);

  v1::WatchEventsRequest again;
  again.set_cursor(events.front().cursor());
  again.set_jobs(true);
  const auto second = client->Context();
  const auto resumed = client->stub().WatchEvents(second.get(), again);
  std::vector<v1::WatchEventsResponse::Kind> kinds;
  do {
    ASSERT_TRUE(resumed->Read(&event));
    kinds.push_back(event.kind());
  } while (event.kind() != v1::WatchEventsResponse::JOB_FINISHED);
  EXPECT_THAT(kinds, ElementsAre(v1::WatchEventsResponse::JOB_ACCEPTED, v1::WatchEventsResponse::JOB_PROGRESS,
                                 v1::WatchEventsResponse::JOB_FINISHED));
  second->TryCancel();
  resumed->Finish();

  again.set_cursor("0000000000000000:1");
  const auto third = client->Context();
  const auto refused = client->stub().WatchEvents(third.get(), again);
  EXPECT_FALSE(refused->Read(&event));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace orch

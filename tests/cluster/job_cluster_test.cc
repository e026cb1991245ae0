// Jobs that outlive streams, clients and the hub, over real gRPC and a real store.
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::TaskUpdate Succeeded() {
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::FINISHED);
  update.mutable_reply()->set_state(v1::OK);
  update.mutable_reply()->set_data_json("{}");
  return update;
}

v1::JobSpec RecordedSpec() {
  v1::JobSpec spec = PingSpec();
  spec.set_record(true);
  spec.set_timeout_ms(60'000);
  return spec;
}

// A stream of InvokeResponses and what it has brought so far.
class Following {
 public:
  Following(std::unique_ptr<grpc::ClientContext> context,
            std::unique_ptr<grpc::ClientReaderInterface<v1::InvokeResponse>> reader)
      : context_(std::move(context)), reader_(std::move(reader)) {}
  static Following Invoke(TestClient* client, const v1::JobSpec& spec) {
    v1::InvokeRequest request;
    *request.mutable_spec() = spec;
    auto context = client->Context();
    auto reader = client->stub().Invoke(context.get(), request);
    return Following(std::move(context), std::move(reader));
  }
  static Following Watch(TestClient* client, const std::string& job, const std::string& cursor = "") {
    v1::WatchJobRequest request;
    request.set_job_id(job);
    request.set_cursor(cursor);
    auto context = client->Context();
    auto reader = client->stub().WatchJob(context.get(), request);
    return Following(std::move(context), std::move(reader));
  }
  // False at the end.
  bool Read() {
    v1::InvokeResponse response;
    if (!reader_->Read(&response)) return false;
    for (const v1::OutputChunk& chunk : response.output()) output.push_back(chunk);
    if (response.has_accepted()) accepted = response.accepted();
    if (response.has_summary()) summary = response.summary();
    if (!response.cursor().empty()) cursor = response.cursor();
    for (const v1::Reply& reply : response.replies()) identities.push_back(reply.identity());
    return true;
  }
  grpc::Status ReadAll() {
    while (Read()) {
    }
    return reader_->Finish();
  }
  void ReadReplies(size_t count) {
    while (identities.size() < count) ASSERT_TRUE(Read());
  }

  v1::JobAccepted accepted;
  v1::JobSummary summary;
  std::vector<std::string> identities;
  std::string cursor;
  std::vector<v1::OutputChunk> output;

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderInterface<v1::InvokeResponse>> reader_;
};

class JobClusterTest : public ClusterTest {
 protected:
  std::unique_ptr<FakeAgent> AttachSilent(const std::string& identity) {
    FakeAgent::Options options = AgentOptions(identity);
    options.on_command = [](const v1::Command&) { return std::nullopt; };
    return Attach(options);
  }
  void RestartHub() {
    config_.listen = {ParseListenAddress(address()).value()};
    StopHub();
    StartHub();
  }
};

// They wait for company; with or without it they come.
TEST_F(JobClusterTest, EveryAcknowledgementOfManyQuickJobsComes) {
  StartHub();
  auto a = Attach("a");
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([this] {
      auto client = Connect();
      for (int job = 0; job < 10; ++job) EXPECT_EQ(client->Invoke(RecordedSpec()).summary.ok(), 1u);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(a->WaitAcks(40));
}

TEST_F(JobClusterTest, AJobGoesOnInARestartedHub) {
  StartHub();
  auto a = Attach("a");
  auto b = AttachSilent("b");
  auto client = Connect();
  Following first = Following::Invoke(client.get(), RecordedSpec());
  first.ReadReplies(1);
  EXPECT_TRUE(first.accepted.durable());
  ASSERT_TRUE(a->WaitAcks(1));
  ASSERT_TRUE(b->WaitCommands(1));
  const std::string job = first.accepted.job_id();
  RestartHub();
  const grpc::Status cut = first.ReadAll();
  EXPECT_EQ(cut.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(cut.error_message(), HasSubstr("orchctl job watch " + job.substr(0, 8)));

  client = Connect();
  Following second = Following::Watch(client.get(), job.substr(0, 12), first.cursor);
  FakeAgent::Options options = AgentOptions("b");
  options.on_query = [](const std::string&) { return Succeeded(); };
  b = Attach(options);
  EXPECT_TRUE(second.ReadAll().ok());
  EXPECT_THAT(second.identities, ElementsAre("b")) << "a's reply was seen before the cursor";
  EXPECT_EQ(second.summary.ok(), 2u);
  EXPECT_TRUE(b->WaitAcks(1));
  EXPECT_THAT(b->queries(), ElementsAre(job));
  EXPECT_THAT(b->commands(), IsEmpty()) << "it ran before the restart, and runs no second time";

  Following whole = Following::Watch(client.get(), job);
  EXPECT_TRUE(whole.ReadAll().ok());
  EXPECT_THAT(whole.identities, ElementsAre("a", "b"));
}

TEST_F(JobClusterTest, ACommandThatNeverArrivedIsSentByTheRestartedHub) {
  StartHub();
  auto a = AttachSilent("a");
  auto client = Connect();
  Following first = Following::Invoke(client.get(), RecordedSpec());
  ASSERT_TRUE(first.Read());
  ASSERT_TRUE(a->WaitCommands(1));
  RestartHub();
  a = Attach("a");  // answers UNKNOWN, then runs it
  client = Connect();
  Following second = Following::Watch(client.get(), first.accepted.job_id());
  EXPECT_TRUE(second.ReadAll().ok());
  EXPECT_EQ(second.summary.ok(), 1u);
  EXPECT_THAT(a->commands(), SizeIs(1));
}

TEST_F(JobClusterTest, ABrokenStreamOfANodeEndsNoDurableTask) {
  StartHub();
  auto a = AttachSilent("a");
  const auto client = Connect();
  Following job = Following::Invoke(client.get(), RecordedSpec());
  ASSERT_TRUE(job.Read());
  ASSERT_TRUE(a->WaitCommands(1));
  a.reset();
  FakeAgent::Options options = AgentOptions("a");
  options.on_query = [](const std::string&) { return Succeeded(); };
  a = Attach(options);
  EXPECT_TRUE(job.ReadAll().ok());
  EXPECT_EQ(job.summary.ok(), 1u);
}

TEST_F(JobClusterTest, ACommandWaitsForItsNode) {
  StartHub();
  auto a = Attach("a");
  const auto client = Connect();
  ASSERT_TRUE(client->Invoke(PingSpec()).status.ok());  // the DDL has come
  a.reset();
  v1::JobSpec spec = RecordedSpec();
  spec.set_queue_offline(true);
  spec.set_ttl_ms(600'000);
  while (client->HubStatus().nodes_connected() > 0) {
  }
  Following job = Following::Invoke(client.get(), spec);
  ASSERT_TRUE(job.Read());
  EXPECT_THAT(job.accepted.queued_identities(), ElementsAre("a"));
  EXPECT_EQ(client->HubStatus().tasks_queued(), 1u);
  a = Attach("a");
  EXPECT_TRUE(job.ReadAll().ok());
  EXPECT_EQ(job.summary.ok(), 1u);
}

TEST_F(JobClusterTest, AJobIsPausedResumedAndCancelledByOthers) {
  StartHub();
  const auto a = AttachSilent("a"), b = AttachSilent("b");
  const auto client = Connect();
  v1::JobSpec spec = RecordedSpec();
  spec.set_concurrency(1);
  spec.set_lock("deploy");
  Following job = Following::Invoke(client.get(), spec);
  ASSERT_TRUE(job.Read());
  ASSERT_TRUE(a->WaitCommands(1));
  const auto other = Connect("operator");
  const auto refused = other->Invoke(spec);
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("client=peadmin"));
  v1::ListLocksResponse locks;
  ASSERT_TRUE(other->stub().ListLocks(other->Context().get(), {}, &locks).ok());
  ASSERT_THAT(locks.locks(), SizeIs(1));
  EXPECT_EQ(locks.locks(0).job_id(), job.accepted.job_id());

  v1::ControlJobRequest control;
  control.set_job_id(job.accepted.job_id().substr(0, 8));
  for (const auto verb : {v1::ControlJobRequest::PAUSE, v1::ControlJobRequest::RESUME, v1::ControlJobRequest::CANCEL}) {
    control.set_verb(verb);
    v1::ControlJobResponse response;
    const grpc::Status status = other->stub().ControlJob(other->Context().get(), control, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.job().state(), verb == v1::ControlJobRequest::PAUSE ? v1::JOB_PAUSED : v1::JOB_RUNNING);
  }
  v1::TaskUpdate cancelled = Succeeded();
  cancelled.mutable_reply()->set_state(v1::CANCELLED);
  cancelled.mutable_reply()->set_status_code(5);
  a->Finish(job.accepted.job_id(), cancelled);
  EXPECT_TRUE(job.ReadAll().ok());
  EXPECT_EQ(job.summary.stop_reason(), v1::STOP_REASON_CANCELLED);
  EXPECT_EQ(job.summary.failed(), 2u);
  EXPECT_EQ(a->cancels(), 1u);
  EXPECT_THAT(b->commands(), IsEmpty());
}

TEST_F(JobClusterTest, WhatANodeSaysIsTakenInItsOrder) {
  constexpr uint64_t kChunks = 5000;
  StartHub();
  auto a = AttachSilent("a");
  auto client = Connect();
  v1::JobSpec spec = RecordedSpec();
  spec.set_live_output(true);
  Following job = Following::Invoke(client.get(), spec);
  ASSERT_TRUE(a->WaitCommands(1));
  const std::string attempt_id = a->commands()[0].attempt_id();
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::OUTPUT);
  for (uint64_t offset = 0; offset < kChunks; ++offset) {
    update.mutable_output()->set_stream(v1::OutputChunk::STDOUT);
    update.mutable_output()->set_offset(offset);
    update.mutable_output()->set_data("x");
    a->Finish(attempt_id, update);
  }
  a->Finish(attempt_id, Succeeded());
  EXPECT_TRUE(job.ReadAll().ok());
  ASSERT_THAT(job.output, SizeIs(kChunks));
  for (uint64_t at = 0; at < kChunks; ++at) ASSERT_EQ(job.output[at].offset(), at);
}

TEST_F(JobClusterTest, ACallThatIsRepeatedWithItsKeyRunsNothingTwiceAlsoAfterARestart) {
  StartHub();
  auto a = Attach("a");
  auto client = Connect();
  v1::JobSpec spec = PingSpec();
  spec.set_idempotency_key("ticket-4711");
  const TestClient::Job first = client->Invoke(spec);
  ASSERT_TRUE(first.status.ok()) << first.status.error_message();
  const TestClient::Job again = client->Invoke(spec);
  EXPECT_TRUE(again.accepted.followed());
  EXPECT_EQ(again.accepted.job_id(), first.accepted.job_id());
  EXPECT_THAT(again.replies, SizeIs(1));
  EXPECT_THAT(a->commands(), SizeIs(1));
  RestartHub();
  client = Connect();
  const TestClient::Job later = client->Invoke(spec);  // no node is there yet
  EXPECT_TRUE(later.status.ok()) << later.status.error_message();
  EXPECT_EQ(later.accepted.job_id(), first.accepted.job_id());
  spec.set_timeout_ms(1);
  EXPECT_EQ(client->Invoke(spec).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace orch

// A dispatcher between fake nodes and a fake client, time moved by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/memory_job_store.h"
#include "services/hub/jobs/dispatcher.h"
#include "tests/hub/fakes.h"
#include "tests/hub/job_store/store_calls.h"
#include "tests/hub/jobs/test_store.h"

namespace orch::hub {

class DispatcherTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  CountingRandom random_;
  FakeDirectory nodes_;
  MemoryJobStore store_{&clock_, &executor_, {}};
  StoreCalls call_{&store_, &executor_};
  TestStore test_store_{&store_};
  std::unique_ptr<Dispatcher> dispatcher_ = NewDispatcher();
  std::shared_ptr<FakeSink<v1::InvokeResponse>> client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();

  std::unique_ptr<Dispatcher> NewDispatcher(size_t max_jobs = 2) {
    return std::make_unique<Dispatcher>(&nodes_, &test_store_, &clock_, &random_, &executor_,
                                        Dispatcher::Options{max_jobs});
  }
  // The hub is gone without a word, and nodes' streams with it; another begins with the same store.
  void Restart() {
    dispatcher_.reset();
    test_store_.Crash();
    nodes_.nodes.clear();
    executor_.RunUntilIdle();
    client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();
    dispatcher_ = NewDispatcher();
    EXPECT_TRUE(dispatcher_->Recover().ok());
    executor_.RunUntilIdle();
  }
  // Connects a node and lets the jobs that wait for it know.
  FakeNode& Return(const std::string& name) {
    FakeNode& node = nodes_.Add(name);
    dispatcher_->OnNodeBack(name);
    executor_.RunUntilIdle();
    return node;
  }
  void Leave(const std::string& name) {
    nodes_.nodes.erase(name);
    dispatcher_->OnNodeGone(name, "the connection was lost");
    executor_.RunUntilIdle();
  }
  static Dispatcher::Request RecordedFor(std::vector<std::string> targets) {
    Dispatcher::Request request = RequestFor(std::move(targets));
    request.recorded = true;
    request.spec.set_inputs_json("{}");
    request.redacted_inputs = "{}";
    return request;
  }
  absl::StatusOr<v1::Job> Control(const std::string& job, v1::ControlJobRequest::Verb verb) {
    v1::ControlJobRequest request;
    request.set_job_id(job);
    request.set_verb(verb);
    request.set_reason("for a test");
    absl::StatusOr<v1::Job> answer = absl::UnknownError("no answer");
    dispatcher_->Control(request, "client=boss", [&answer](absl::StatusOr<v1::Job> job) { answer = std::move(job); });
    executor_.RunUntilIdle();
    return answer;
  }
  std::shared_ptr<FakeSink<v1::InvokeResponse>> Watch(const std::string& job, const std::string& cursor = "") {
    auto sink = std::make_shared<FakeSink<v1::InvokeResponse>>();
    v1::WatchJobRequest request;
    request.set_job_id(job);
    request.set_cursor(cursor);
    dispatcher_->Watch(request, sink);
    executor_.RunUntilIdle();
    return sink;
  }
  static std::vector<std::string> Names(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("n" + std::to_string(i));
    return names;
  }
  void Connect(const std::vector<std::string>& names) {
    for (const std::string& name : names) nodes_.Add(name);
  }
  static Dispatcher::Request RequestFor(std::vector<std::string> targets) {
    Dispatcher::Request request;
    request.spec.set_plugin("rpcutil");
    request.spec.set_action("ping");
    request.spec.set_inputs_json("{\"secret\":\"x\"}");
    request.redacted_inputs = "{\"secret\":\"***\"}";
    request.caller = "client=peadmin";
    request.targets = std::move(targets);
    request.run_limit = absl::Seconds(5);
    request.deadline = absl::Seconds(7);
    return request;
  }
  std::string Run(Dispatcher::Request request) {
    EXPECT_TRUE(dispatcher_->Start(std::move(request), client_).ok());
    executor_.RunUntilIdle();
    return client_->responses.empty() ? "" : client_->responses.front().accepted().job_id();
  }
  void Answer(const std::string& node, const std::string& job, v1::TaskState state = v1::OK, uint32_t code = 0) {
    v1::TaskUpdate update;
    update.set_kind(v1::TaskUpdate::FINISHED);
    update.mutable_reply()->set_state(state);
    update.mutable_reply()->set_status_code(code);
    update.mutable_reply()->set_data_json("{\"a\":1}");
    dispatcher_->OnUpdate(node, job, update);
    executor_.RunUntilIdle();
  }
  void Tell(const std::string& node, const std::string& job, v1::TaskUpdate::Kind kind) {
    v1::TaskUpdate update;
    update.set_kind(kind);
    dispatcher_->OnUpdate(node, job, update);
    executor_.RunUntilIdle();
  }
  std::vector<v1::Reply> Replies() const {
    std::vector<v1::Reply> replies;
    for (const v1::InvokeResponse& response : client_->responses) {
      replies.insert(replies.end(), response.replies().begin(), response.replies().end());
    }
    return replies;
  }
  v1::Reply ReplyOf(const std::string& node) const {
    v1::Reply found;
    int count = 0;
    for (const v1::Reply& reply : Replies()) {
      if (reply.identity() != node) continue;
      found = reply;
      ++count;
    }
    EXPECT_EQ(count, 1) << "replies of " << node;
    return found;
  }
  static std::vector<std::string> Identities(const FakeSink<v1::InvokeResponse>& sink) {
    std::vector<std::string> names;
    for (const v1::InvokeResponse& response : sink.responses) {
      for (const v1::Reply& reply : response.replies()) names.push_back(reply.identity());
    }
    return names;
  }
  std::vector<v1::TaskProgress> Progress() const {
    std::vector<v1::TaskProgress> progress;
    for (const v1::InvokeResponse& response : client_->responses) {
      progress.insert(progress.end(), response.progress().begin(), response.progress().end());
    }
    return progress;
  }
  // How many commands that node was given.
  size_t Given(const std::string& node) const { return nodes_.nodes.at(node)->jobs.size(); }
  v1::JobSummary Summary() const {
    EXPECT_TRUE(client_->ended);
    return client_->responses.back().summary();
  }
  void ExpectCounts(uint32_t targets, uint32_t ok, uint32_t failed, uint32_t missing) const {
    const v1::JobSummary summary = Summary();
    EXPECT_EQ(summary.targets(), targets);
    EXPECT_EQ(summary.ok(), ok);
    EXPECT_EQ(summary.failed(), failed);
    EXPECT_EQ(summary.missing(), missing);
    EXPECT_EQ(summary.targets(), summary.ok() + summary.failed() + summary.missing());
  }
};

}  // namespace orch::hub

// A dispatcher between fake nodes and a fake client, time moved by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/manual_executor.h"
#include "gtest/gtest.h"
#include "services/hub/dispatcher.h"
#include "services/hub/memory_job_store.h"
#include "tests/hub/fakes.h"
#include "tests/hub/store_calls.h"

namespace orch::hub {

class DispatcherTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  CountingRandom random_;
  FakeDirectory nodes_;
  MemoryJobStore store_{&clock_, &executor_, {}};
  StoreCalls call_{&store_, &executor_};
  Dispatcher dispatcher_{&nodes_, &store_, &clock_, &random_, &executor_, {.max_jobs = 2}};
  std::shared_ptr<FakeSink<v1::InvokeResponse>> client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();

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
    request.caller = "psk=peadmin";
    request.targets = std::move(targets);
    request.run_limit = absl::Seconds(5);
    request.deadline = absl::Seconds(7);
    return request;
  }
  std::string Run(Dispatcher::Request request) {
    EXPECT_TRUE(dispatcher_.Start(std::move(request), client_).ok());
    executor_.RunUntilIdle();
    return client_->responses.empty() ? "" : client_->responses.front().accepted().job_id();
  }
  void Answer(const std::string& node, const std::string& job, v1::TaskState state = v1::OK, uint32_t code = 0) {
    v1::TaskUpdate update;
    update.set_kind(v1::TaskUpdate::FINISHED);
    update.mutable_reply()->set_state(state);
    update.mutable_reply()->set_status_code(code);
    update.mutable_reply()->set_data_json("{\"a\":1}");
    dispatcher_.OnUpdate(node, job, update);
    executor_.RunUntilIdle();
  }
  void Tell(const std::string& node, const std::string& job, v1::TaskUpdate::Kind kind) {
    v1::TaskUpdate update;
    update.set_kind(kind);
    dispatcher_.OnUpdate(node, job, update);
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

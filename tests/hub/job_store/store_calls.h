// Calls a job store as a test reads best: ask, wait for the answer on the test's own thread.
#pragma once

#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/manual_executor.h"
#include "base/mutex.h"
#include "services/hub/job_store/job_store.h"

namespace orch::hub {

// A loop that runs on whoever waits: what other threads post is awaited, without sleeping.
class WaitingExecutor final : public Executor {
 public:
  void Post(Closure task) override {
    MutexLock lock(&mu_);
    queue_.push_back(std::move(task));
    posted_.Signal();
  }
  TimerId PostAfter(absl::Duration, Closure) override { abort(); }  // stores have no timers
  bool Cancel(TimerId) override { return false; }
  bool OnLoop() const override { return true; }

  void RunOne() {
    Closure task;
    {
      MutexLock lock(&mu_);
      while (queue_.empty()) posted_.Wait(&mu_);
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }

 private:
  Mutex mu_;
  CondVar posted_;
  std::deque<Closure> queue_ ABSL_GUARDED_BY(mu_);
};

// Each waits for its answer.
class StoreCalls {
 public:
  StoreCalls(JobStore* store, WaitingExecutor* executor)
      : store_(store), run_loop_([executor] { executor->RunOne(); }) {}
  StoreCalls(JobStore* store, ManualExecutor* executor)
      : store_(store), run_loop_([executor] { executor->RunUntilIdle(); }) {}

  template <typename T, typename Call>
  T Await(Call call) {
    // Shared: a store that is destroyed drops callbacks late.
    auto answer = std::make_shared<std::optional<T>>();
    call([answer](T value) { answer->emplace(std::move(value)); });
    while (!answer->has_value()) run_loop_();
    return *std::move(*answer);
  }
  absl::Status Create(StoredJob job, std::vector<std::string> targets) {
    return Await<absl::Status>([&](auto done) { store_->Create(std::move(job), std::move(targets), std::move(done)); });
  }
  absl::Status RecordTasks(const std::string& id, std::vector<TaskChange> changes) {
    return Await<absl::Status>([&](auto done) { store_->RecordTasks(id, std::move(changes), std::move(done)); });
  }
  absl::Status RecordRollout(const std::string& id, RolloutState state) {
    return Await<absl::Status>([&](auto done) { store_->RecordRollout(id, std::move(state), std::move(done)); });
  }
  absl::StatusOr<uint64_t> AppendReply(const std::string& id, uint32_t task, v1::Reply reply) {
    return Await<absl::StatusOr<uint64_t>>(
        [&](auto answer) { store_->AppendReply(id, task, std::move(reply), std::move(answer)); });
  }
  absl::Status Finish(const std::string& id, const v1::JobSummary& summary = {}) {
    return Await<absl::Status>([&](auto done) { store_->Finish(id, summary, std::move(done)); });
  }
  absl::StatusOr<StoredJob> Get(const std::string& id) {
    return Await<absl::StatusOr<StoredJob>>([&](auto answer) { store_->Get(id, std::move(answer)); });
  }
  absl::StatusOr<StoredJob> GetByKey(const std::string& caller, const std::string& key) {
    return Await<absl::StatusOr<StoredJob>>([&](auto answer) { store_->GetByKey(caller, key, std::move(answer)); });
  }
  absl::StatusOr<JobPage> List(JobFilter filter, uint64_t before, size_t limit) {
    return Await<absl::StatusOr<JobPage>>(
        [&](auto answer) { store_->List(std::move(filter), before, limit, std::move(answer)); });
  }
  absl::StatusOr<ReplyPage> Replies(const std::string& id, ReplyQuery query = {}) {
    return Await<absl::StatusOr<ReplyPage>>(
        [&](auto answer) { store_->Replies(id, std::move(query), std::move(answer)); });
  }
  absl::StatusOr<uint64_t> Prune(int64_t finished_before_us, uint64_t keep) {
    return Await<absl::StatusOr<uint64_t>>(
        [&](auto answer) { store_->Prune(finished_before_us, keep, std::move(answer)); });
  }
  // Expire says nothing; what is asked after it is answered after it.
  void Expire() {
    store_->Expire();
    (void)Prune(1, ~uint64_t{0});
  }

 private:
  JobStore* const store_;
  const std::function<void()> run_loop_;
};

}  // namespace orch::hub

// A store for tests of what is around it: as another, and at will full, slow to commit, or said to be durable.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "services/hub/job_store/forwarding_job_store.h"

namespace orch::hub {

class TestStore final : public ForwardingJobStore {
 public:
  explicit TestStore(JobStore* kept) : ForwardingJobStore(kept), kept_(kept) {}
  bool full = false;
  absl::Status refusal = absl::ResourceExhaustedError("the disk is full");
  bool lags = false;  // writes wait for Commit
  void Commit() {
    while (!waiting_.empty()) {
      Closure write = std::move(waiting_.front());
      waiting_.pop_front();
      write();
    }
  }
  // What was not committed never was.
  void Crash() { waiting_.clear(); }
  bool durable = false;

  void Create(StoredJob job, std::vector<std::string> targets, Done done) override {
    if (full) return done(Full());
    Write([this, job = std::move(job), targets = std::move(targets), done = std::move(done)]() mutable {
      kept_->Create(std::move(job), std::move(targets), std::move(done));
    });
  }
  void RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) override {
    if (full) return done(Full());
    Write([this, id = std::string(job_id), changes = std::move(changes), done = std::move(done)]() mutable {
      kept_->RecordTasks(id, std::move(changes), std::move(done));
    });
  }
  void RecordRollout(absl::string_view job_id, RolloutState state, Done done) override {
    if (full) return done(Full());
    Write([this, id = std::string(job_id), state = std::move(state), done = std::move(done)]() mutable {
      kept_->RecordRollout(id, std::move(state), std::move(done));
    });
  }
  void AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) override {
    if (full) return answer(Full());
    Write([this, id = std::string(job_id), task, reply = std::move(reply), answer = std::move(answer)]() mutable {
      kept_->AppendReply(id, task, std::move(reply), std::move(answer));
    });
  }
  void Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) override {
    if (full) return done(Full());
    Write([this, id = std::string(job_id), summary, done = std::move(done)]() mutable {
      kept_->Finish(id, summary, std::move(done));
    });
  }
  void Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) override {
    query.limit = page;
    kept_->Replies(job_id, std::move(query), std::move(answer));
  }
  StoreStats Stats() const override {
    StoreStats stats = kept_->Stats();
    stats.durable = durable;
    return stats;
  }
  size_t page = 3;  // replies a page, so that tests turn some

 private:
  absl::Status Full() const { return refusal; }
  void Write(Closure write) {
    if (!lags) return write();
    waiting_.push_back(std::move(write));
  }

  JobStore* const kept_;
  std::deque<Closure> waiting_;
};

}  // namespace orch::hub

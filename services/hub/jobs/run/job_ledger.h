// What one job writes to the store, in order. A write that the store cannot take now is tried again until the store
// takes it; nothing is acknowledged or told before. For a job that is not recorded nothing is written. On the hub's
// loop; owned by the run. No callback comes after the ledger is destroyed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "orch/v1/job.pb.h"
#include "services/hub/job_store/job_store.h"

namespace orch::hub {

// Pause between two tries of a write.
inline constexpr absl::Duration kStoreRetry = absl::Seconds(1);

class JobLedger {
 public:
  // `store` is null for a job that is not recorded.
  JobLedger(JobStore* store, Executor* executor, std::string job_id)
      : store_(store), executor_(executor), job_id_(std::move(job_id)) {}

  bool recorded() const { return store_ != nullptr; }
  // Number of writes whose callback has not come.
  size_t pending() const { return pending_; }

  // Tried once: if the store does not take the job, the caller refuses it.
  void Create(StoredJob job, std::vector<std::string> targets, JobStore::Done done);
  // `committed` gets the reply's number, from 1; 0 when the store refuses it for good, which is logged.
  using Committed = absl::AnyInvocable<void(uint64_t number, v1::Reply reply)>;
  void Append(uint32_t task, v1::Reply reply, Committed committed);
  // Gathers changes until Flush. If one is lost, a restarted hub asks the node.
  void NoteTask(TaskChange change);
  void Flush();
  // Writes one change; `committed` is called also when the store refuses it for good.
  void RecordTask(TaskChange change, Closure committed);
  void RecordRollout(RolloutState state, Closure committed);
  void Finish(v1::JobSummary summary, Closure committed);

 private:
  // Calls `write` with a Done until it is taken or refused for good; then `after`, which gets whether it was taken.
  using Write = absl::AnyInvocable<void(JobStore::Done)>;
  using After = absl::AnyInvocable<void(bool taken)>;
  struct Try {
    const char* what;
    Write write;
    After after;
  };
  void Persist(std::shared_ptr<Try> attempt);

  JobStore* const store_;
  Executor* const executor_;
  const std::string job_id_;
  std::vector<TaskChange> noted_;
  size_t pending_ = 0;
  bool warned_ = false;
  Lifetime lifetime_;
};

}  // namespace orch::hub

// Keeps jobs and their outcomes. Implemented in memory and in SQLite; every implementation passes one conformance suite
// (tests/hub). Owned by the hub. Called on the hub's loop and never blocks it, except LoadUnfinished: each call answers
// through a callback that is posted to that loop, and writes are applied in the order of the calls.
// OK to a write means that the write is committed: a durable store keeps it even if the hub is killed at once. After an
// error nothing of the write is kept; ResourceExhausted (a full queue, a full disk, named in the message) is worth
// another try later. Callers replace the values of sensitive inputs before they store a job. The store is bounded: of
// the finished jobs the oldest are forgotten, and a running job never is. A callback may be null, and none is called
// after the store is destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orch/v1/job.pb.h"
#include "services/hub/job_store/stored_job.h"

namespace orch::hub {

class JobStore {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;
  template <typename T>
  using Answer = absl::AnyInvocable<void(absl::StatusOr<T>)>;

  virtual ~JobStore() = default;

  // AlreadyExists when the id is known, or when this caller has used the idempotency key of the spec for a job that is
  // still kept. `targets` never change: a task is named by its index in them.
  virtual void Create(StoredJob job, std::vector<std::string> targets, Done done) = 0;
  // Stores what a restarted hub must know of tasks that have no outcome. NotFound for an unknown job,
  // FailedPrecondition for a finished one, OutOfRange for a task that the job does not have.
  virtual void RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) = 0;
  // Errors as for RecordTasks.
  virtual void RecordRollout(absl::string_view job_id, RolloutState state, Done done) = 0;
  // Stores the outcome of one task. Answers the number of the outcome in the job: from 1, without gaps, in the order of
  // the calls. Errors as for RecordTasks, and AlreadyExists for a second outcome of one task.
  virtual void AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) = 0;
  // Marks the job as finished and drops its targets. NotFound for an unknown job, FailedPrecondition when it is
  // finished already.
  virtual void Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) = 0;

  // Finds a job by its id, or by the first 8 or more digits of the id. InvalidArgument when the text is neither, or
  // when several ids begin with it; NotFound for an unknown job.
  virtual void Get(absl::string_view job_id, Answer<StoredJob> answer) = 0;
  // Finds the job for which this caller has used this idempotency key; NotFound when there is none.
  virtual void GetByKey(absl::string_view caller, absl::string_view key, Answer<StoredJob> answer) = 0;
  // Lists jobs, the newest first. `before`: JobPage.next of the previous page, 0 for the first page. The pages never
  // show a job twice and never leave out a job that was kept all the time, whatever is added or forgotten in between.
  virtual void List(JobFilter filter, uint64_t before, size_t limit, Answer<JobPage> answer) = 0;
  // Lists replies in the order in which they were appended. NotFound for an unknown job. The id must be complete.
  virtual void Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) = 0;

  // Forgets the jobs that finished before a time (0: at any time), except the newest `keep` of them. Answers how many
  // it has forgotten.
  virtual void Prune(int64_t finished_before_us, uint64_t keep, Answer<uint64_t> answer) = 0;
  // Forgets jobs that are past their time. Called from a timer.
  virtual void Expire() = 0;

  // Gives every unfinished job to `take`, the oldest first. Called before anything else, at the hub's start; blocks.
  virtual absl::Status LoadUnfinished(const std::function<void(UnfinishedJob)>& take) = 0;
  // The numbers as they were after the last commit.
  virtual StoreStats Stats() const = 0;
  // 16 hex digits, made with the store and kept in it. They tell the cursors of this store from those of another.
  virtual const std::string& id() const = 0;
  // How often this store was opened, including this time; keeps per-start counters unique across restarts.
  virtual uint64_t starts() const = 0;
};

}  // namespace orch::hub

// Where jobs and their outcomes are kept. One conformance suite (tests/hub) holds for every
// implementation. Called on the hub's loop and never blocks it: each call answers through a callback
// posted to that loop, writes in the order they were asked for. OK to a write means committed: a
// durable store has it even if the hub is killed right after. With an error nothing of that write is
// kept; ResourceExhausted (full queue, full disk, named in the message) can be tried again later.
// Inputs given to it have sensitive values replaced already. Kept in bounds: of the finished jobs
// the oldest go first; a running job is never forgotten. A callback may be null. None is called
// after the store is gone.
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

  // AlreadyExists for an id that is there, and for an idempotency key (spec) this caller used for a
  // job that is still kept. `targets` are frozen: tasks are named by their index in it.
  virtual void Create(StoredJob job, std::vector<std::string> targets, Done done) = 0;
  // What a restarted hub must know of tasks without outcome. NotFound for an unknown job,
  // FailedPrecondition once it is finished, OutOfRange for a task it does not have.
  virtual void RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) = 0;
  // Errors as for RecordTasks.
  virtual void RecordRollout(absl::string_view job_id, RolloutState state, Done done) = 0;
  // The outcome of one task; answers its number in the job, from 1 without gaps, in the order of the
  // calls. Errors as for RecordTasks, and AlreadyExists for a second outcome of one task.
  virtual void AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) = 0;
  // NotFound, or FailedPrecondition when it is finished already. Releases lock and frozen targets.
  virtual void Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) = 0;

  // By id or, from 8 digits on, the beginning of one. InvalidArgument for what is neither, or begins
  // several; NotFound.
  virtual void Get(absl::string_view job_id, Answer<StoredJob> answer) = 0;
  // The job for which this caller used this idempotency key; NotFound.
  virtual void GetByKey(absl::string_view caller, absl::string_view key, Answer<StoredJob> answer) = 0;
  // The newest first. `before`: JobPage.next of the page before this one, 0 for the first. No job
  // twice and none left out that was there all the while, whatever comes and goes in between.
  virtual void List(JobFilter filter, uint64_t before, size_t limit, Answer<JobPage> answer) = 0;
  // In the order they were appended. NotFound for an unknown job. The id is whole.
  virtual void Replies(absl::string_view job_id, ReplyQuery query, Answer<ReplyPage> answer) = 0;

  // Forgets finished jobs: those finished before a time (0: whenever), of these not the newest
  // `keep`. Answers how many.
  virtual void Prune(int64_t finished_before_us, uint64_t keep, Answer<uint64_t> answer) = 0;
  // Forgets what is past its time. From a timer.
  virtual void Expire() = 0;

  // Every unfinished job, the oldest first. Before anything else, at the hub's start; blocks.
  virtual absl::Status LoadUnfinished(const std::function<void(UnfinishedJob)>& take) = 0;
  // As of the last commit.
  virtual StoreStats Stats() const = 0;
  // 16 hex digits, made with the store and kept with it: cursors of another are told apart by it.
  virtual const std::string& id() const = 0;
  // How often it was opened, this time included: numbers that start anew with the hub stay unlike.
  virtual uint64_t starts() const = 0;
};

}  // namespace orch::hub

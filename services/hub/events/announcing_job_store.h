// A job store that tells the event log about everything committed to it: a job was accepted, made progress, was paused,
// resumed or finished. Therefore no event is about something that a restarted hub has forgotten, and a job that is not
// recorded has no events. Owned by the hub; its loop only. Keeps what events show of unfinished jobs, without inputs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/hub/events/event_log.h"
#include "services/hub/job_store/forwarding_job_store.h"
#include "services/hub/job_store/job_store.h"

namespace orch::hub {

class AnnouncingJobStore final : public ForwardingJobStore {
 public:
  // `events` must outlive this store.
  AnnouncingJobStore(std::unique_ptr<JobStore> store, EventLog* events)
      : ForwardingJobStore(store.get()), store_(std::move(store)), events_(events) {}

  void Create(StoredJob job, std::vector<std::string> targets, Done done) override;
  void RecordTasks(absl::string_view job_id, std::vector<TaskChange> changes, Done done) override;
  void RecordRollout(absl::string_view job_id, RolloutState state, Done done) override;
  void AppendReply(absl::string_view job_id, uint32_t task, v1::Reply reply, Answer<uint64_t> answer) override;
  void Finish(absl::string_view job_id, const v1::JobSummary& summary, Done done) override;
  absl::Status LoadUnfinished(const std::function<void(UnfinishedJob)>& take) override;

 private:
  // Applies `change` to the job as events show it, and tells the event. Called once the write is committed.
  using Change = absl::AnyInvocable<v1::WatchEventsResponse::Kind(StoredJob*)>;
  void Tell(const std::string& job_id, Change change);
  void Open(StoredJob job);

  const std::unique_ptr<JobStore> store_;
  EventLog* const events_;
  absl::flat_hash_map<std::string, std::unique_ptr<StoredJob>> open_;
};

}  // namespace orch::hub

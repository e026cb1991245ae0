// Brings a client that comes late to a job up to date. The client gets the job, then, page by page and as fast as it
// reads, the stored outcomes that it has not seen; then it joins the run, or gets the summary. On the hub's loop; owned
// by the callbacks that it waits for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/executor.h"
#include "services/hub/job_store/job_store.h"
#include "services/hub/jobs/run/job_watch.h"
#include "services/hub/jobs/run_directory.h"

namespace orch::hub {

class JobReplay : public std::enable_shared_from_this<JobReplay> {
 public:
  // `job_id` may be the beginning of an id. An unknown job, or a cursor of another store, ends the sink with an error.
  // `followed` as in JobAccepted.
  static void Begin(RunDirectory* runs, JobStore* store, Executor* executor, const std::string& job_id,
                    const std::string& cursor, bool followed, std::shared_ptr<JobWatch::Sink> client);

 private:
  JobReplay(RunDirectory* runs, JobStore* store, Executor* executor, std::shared_ptr<JobWatch::Sink> client)
      : runs_(runs), store_(store), executor_(executor), client_(std::move(client)) {}

  void OnJob(const StoredJob& job, bool followed);
  void ReadOn();
  void OnPage(ReplyPage page);
  void AfterPage();
  void PushHeld();
  // The store was read to its end and no run is there: asks whether the job has ended, or a stopping hub holds it.
  void AskForEnd();
  void Join(JobRun* run);
  void End(const absl::Status& status);

  RunDirectory* const runs_;
  JobStore* const store_;
  Executor* const executor_;
  std::shared_ptr<JobWatch::Sink> client_;
  std::string job_id_;
  uint64_t position_ = 0;    // number of the last reply that the client was given
  uint32_t targets_ = 0;     // number of targets that the client was told
  v1::InvokeResponse held_;  // the message for which the client had no room
  bool holds_ = false;
  bool more_ = false;  // the store has another page
  std::optional<v1::JobSummary> summary_;
  bool summary_told_ = false;
};

}  // namespace orch::hub

// Keeps a job's stream: when it breaks, connects again and goes on at the cursor.
#pragma once

#include "absl/time/time.h"
#include "base/backoff.h"
#include "cli/jobs/job_run.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// Until the job's end, an interrupt, or an error that trying again does not mend. `spec`: asked for
// first; null: the run has its job id already. A job that is not durable is not followed again
// over a break. A hub that stops sending because this client reads too slowly is asked for the rest at once, as long
// as it keeps the job; before acceptance only a request with an idempotency key is sent again.
StreamEnd FollowJob(Context* context, JobRun* run, const v1::JobSpec* spec);

// Connects anew with full-jitter pauses until --reconnect has passed. Shared with `events`.
class Reconnector {
 public:
  explicit Reconnector(Context* context);
  // The stream was at work lately: the time and the pauses begin anew.
  void Reset();
  // True: there is a connection. False: `end` says why not: interrupted, or its status.
  // `what` goes on meanwhile: "job 0123"; it is in the note that the first attempt writes.
  bool Again(const std::string& what, StreamEnd* end);

 private:
  Context* const context_;
  Backoff backoff_;
  absl::Duration give_up_;  // steady time
  bool noted_ = false;
};

}  // namespace orch::cli

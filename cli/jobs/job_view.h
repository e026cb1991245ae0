// Shows a job to the user. RunJob and WatchJob call it from their thread; the command owns it. A
// view never controls the job: it can only say that it has seen enough.
#pragma once

#include <cstddef>

#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

class JobView {
 public:
  virtual ~JobView() = default;
  // Called when the hub has accepted the job.
  virtual void OnStart(const JobStart& start) = 0;
  // Returns false if the view has seen enough; then the job is no longer followed.
  virtual bool OnAnswer(const Answer& answer) = 0;
  // The progress of a task, if the spec asks for progress. Precedes the answer that comes in the
  // same message.
  virtual void OnTask(const v1::TaskProgress&) {}
  // Called after each message: `done` of `targets` have an outcome.
  virtual void OnProgress(size_t done, size_t targets) = 0;
  // Called once, when the job has ended or is no longer followed.
  virtual void OnEnd(const JobEnd& end) = 0;
};

}  // namespace orch::cli

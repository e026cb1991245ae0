// What shows a job to the user: told of its start, each answer, progress and the end. One thread.
#pragma once

#include <cstddef>

#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

class JobView {
 public:
  virtual ~JobView() = default;
  virtual void OnStart(const JobStart& start) = 0;
  // False: enough was seen.
  virtual bool OnAnswer(const Answer& answer) = 0;
  // Where a task stands, when the spec asks for progress; before the answer it may come with.
  virtual void OnTask(const v1::TaskProgress&) {}
  // After each message: `done` of `targets` are settled.
  virtual void OnProgress(size_t done, size_t targets) = 0;
  virtual void OnEnd(const JobEnd& end) = 0;
};

}  // namespace orch::cli

// A view in front of another one that ends a job as soon as enough nodes have answered. One thread.
#pragma once

#include <cstddef>

#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"

namespace orch::cli {

// Passes everything on to `view`, which must outlive it. If `expect` is 0, it never ends the job.
class ExpectView final : public JobView {
 public:
  ExpectView(JobView* view, size_t expect) : view_(view), expect_(expect) {}
  void OnStart(const JobStart& start) override { view_->OnStart(start); }
  bool OnAnswer(const Answer& answer) override {
    if (!answer.missing()) ++seen_;
    return view_->OnAnswer(answer) && (expect_ == 0 || seen_ < expect_);
  }
  void OnTask(const v1::TaskProgress& progress) override { view_->OnTask(progress); }
  void OnProgress(size_t done, size_t targets) override { view_->OnProgress(done, targets); }
  void OnEnd(const JobEnd& end) override { view_->OnEnd(end); }
  size_t seen() const { return seen_; }  // number of nodes that have answered

 private:
  JobView* const view_;
  const size_t expect_;
  size_t seen_ = 0;
};

}  // namespace orch::cli

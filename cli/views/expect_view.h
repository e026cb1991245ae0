// A view that ends a job as soon as enough nodes have answered.
#pragma once

#include <cstddef>

#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"

namespace orch::cli {

// Ends a job as soon as `expect` nodes have answered (0: never), whatever the view.
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
  size_t seen() const { return seen_; }  // nodes that have answered

 private:
  JobView* const view_;
  const size_t expect_;
  size_t seen_ = 0;
};

}  // namespace orch::cli

// Views for programs: --json, --json=array, --jsonl, --table, --senders. Shapes in docs (CLI
// output); field names as Choria's and MCollective's.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actions/ddl/ddl.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"

namespace orch::cli {

// Null when the human form is asked for.
absl::StatusOr<std::unique_ptr<JobView>> MakeMachineView(Context* context, const JobSubject& subject);

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

// Pretty on a terminal, else on one line; with a final newline.
std::string JsonText(const Json& value, bool pretty);

Json AnswerJson(const Answer& answer);
Json StatsJson(const JobEnd& end);

}  // namespace orch::cli

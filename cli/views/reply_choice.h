// What of the replies is shown: --reply-filter chooses replies, --columns chooses fields of their data.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"

namespace orch::cli {

// The fields that `columns` name, by name or dotted path; all of them when it is empty.
Json ChosenData(const Json& data, const std::vector<std::string>& columns);

// Hands on what passes --reply-filter. Nodes that failed or did not answer are shown as ever: their data
// say nothing. Counts and exit code are those of the job. A column that no reply has is named at the end.
class ReplyChoice final : public JobView {
 public:
  ReplyChoice(Context* context, JobView* view) : context_(context), view_(view), unseen_(context->options().columns) {}
  void OnStart(const JobStart& start) override { view_->OnStart(start); }
  bool OnAnswer(const Answer& answer) override;
  void OnTask(const v1::TaskProgress& progress) override { view_->OnTask(progress); }
  void OnProgress(size_t done, size_t targets) override { view_->OnProgress(done, targets); }
  void OnEnd(const JobEnd& end) override;

 private:
  Context* const context_;
  JobView* const view_;
  std::vector<std::string> unseen_;  // columns that no reply had so far
  std::set<std::string> fields_;     // of the first reply, to choose from
  size_t seen_ = 0;                  // replies with data
  size_t matched_ = 0;
};

}  // namespace orch::cli

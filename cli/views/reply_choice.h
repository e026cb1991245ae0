// Chooses what is shown of the replies: --reply-filter selects replies, --columns selects fields of
// their data.
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

// Returns the fields that `columns` select by name or dotted path, or all fields if `columns` is
// empty.
Json ChosenData(const Json& data, const std::vector<std::string>& columns);

// A view in front of another one that passes on the replies that match --reply-filter. Nodes that
// failed or did not answer are always passed on, because their data say nothing. Counts and exit
// code stay those of the job. At the end it notes columns that no reply had. One thread; `view`
// must outlive it.
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
  std::vector<std::string> unseen_;  // columns that no reply has had so far
  std::set<std::string> fields_;     // fields of the first reply, for the note
  size_t seen_ = 0;                  // number of replies with data
  size_t matched_ = 0;
};

}  // namespace orch::cli

// --table: one line per node, one column per output. Prints at the end of the job; one thread.
#pragma once

#include <string>
#include <vector>

#include "cli/jobs/answer.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"

namespace orch::cli {

class TableView final : public JobView {
 public:
  TableView(Context* context, JobSubject subject) : context_(context), subject_(std::move(subject)) {}
  void OnStart(const JobStart&) override {}
  bool OnAnswer(const Answer& answer) override;
  void OnProgress(size_t, size_t) override {}
  void OnEnd(const JobEnd& end) override;

 private:
  // Returns the columns: those of --columns, or all outputs that came.
  std::vector<std::string> OutputNames() const;

  Context* const context_;
  const JobSubject subject_;
  std::vector<Answer> answers_;
};

}  // namespace orch::cli

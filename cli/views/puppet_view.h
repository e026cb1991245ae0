// The base of all views of orchctl puppet and puppetd. It shows the bar, failed nodes and nodes
// without an answer around the text of the derived class. The command owns the view; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"
#include "cli/views/human_frame.h"

namespace orch::cli {

class PuppetView : public JobView {
 public:
  explicit PuppetView(Context* context) : context_(context), frame_(context, context->options().verbose) {}

  void OnStart(const JobStart& start) override { frame_.Start(start); }
  bool OnAnswer(const Answer& answer) override;
  void OnProgress(size_t done, size_t targets) override { frame_.Progress(done, targets); }
  void OnEnd(const JobEnd& end) override;

 protected:
  // Returns the text for the answers that are OK, which are in order of arrival, or by name with
  // --sort.
  virtual std::string Text(const std::vector<Answer>& answers, const JobEnd& end) const = 0;

  Context* const context_;

 private:
  HumanFrame frame_;
  std::vector<Answer> answers_;
  std::vector<Answer> failed_;
};

}  // namespace orch::cli

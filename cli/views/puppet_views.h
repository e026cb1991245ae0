// What orchctl puppet and orchctl puppetd show of a job: a line for each node, counts, and the summary
// of last runs. The shapes are those of the PE 2.0 guide and of MCollective's puppet application.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/jobs/invocation.h"
#include "cli/jobs/job_view.h"
#include "cli/views/human_view.h"

namespace orch::cli {

// What all of them do around their own text: bar, failed nodes, nodes without an answer.
class PuppetView : public JobView {
 public:
  explicit PuppetView(Context* context) : context_(context), frame_(context, context->options().verbose) {}

  void OnStart(const JobStart& start) override { frame_.Start(start); }
  bool OnAnswer(const Answer& answer) override;
  void OnProgress(size_t done, size_t targets) override { frame_.Progress(done, targets); }
  void OnEnd(const JobEnd& end) override;

 protected:
  // Answers that are OK, in the order they came, or by name with --sort.
  virtual std::string Text(const std::vector<Answer>& answers, const JobEnd& end) const = 0;

  Context* const context_;

 private:
  HumanFrame frame_;
  std::vector<Answer> answers_;
  std::vector<Answer> failed_;
};

// "agent.example.com  Enabled, not running, last run 10 seconds ago" for puppetd, else
// "agent.example.com: Currently idling; last completed run 3 minutes 20 seconds ago" and the summaries.
std::unique_ptr<PuppetView> MakePuppetStatusView(Context* context, const Invocation& invocation);
// "Nodes currently enabled: 2" and so on, of the action status.
std::unique_ptr<PuppetView> MakePuppetCountView(Context* context, const Invocation& invocation);
// A line with a little chart for each figure of the action last_run_summary.
std::unique_ptr<PuppetView> MakePuppetSummaryView(Context* context, const Invocation& invocation);

}  // namespace orch::cli

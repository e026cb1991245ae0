// What people see of a job that needs one line a node and a summary: the shape of the commands package,
// service and controller. One thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/jobs/job.h"
#include "cli/session/context.h"
#include "cli/views/human_view.h"

namespace orch::cli {

class LineView : public JobView {
 public:
  explicit LineView(Context* context) : context_(context), frame_(context, context->options().verbose) {}

  void OnStart(const JobStart& start) final;
  void OnProgress(size_t done, size_t targets) final;
  bool OnAnswer(const Answer& answer) final;
  void OnEnd(const JobEnd& end) final;

 protected:
  // Of every answer, once. Empty: none is shown.
  virtual std::string LineOf(const Answer& answer) = 0;
  // After the last line, unless quiet.
  virtual std::string Summary(const JobEnd& end) const = 0;

  Context* context() const { return context_; }

 private:
  // Prints what waited: for the bar to go, or for all to be sorted.
  void Release();

  Context* const context_;
  HumanFrame frame_;
  std::vector<std::pair<std::string, std::string>> lines_;  // identity and line
};

}  // namespace orch::cli

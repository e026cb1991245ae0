// The base of human views with one line per node and a summary, as package, service and controller
// have them. The command owns the view; one thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"
#include "cli/views/human_frame.h"
#include "cli/views/reply_groups.h"

namespace orch::cli {

class LineView : public JobView {
 public:
  explicit LineView(Context* context) : context_(context), frame_(context, context->options().verbose) {}

  void OnStart(const JobStart& start) final;
  void OnProgress(size_t done, size_t targets) final;
  bool OnAnswer(const Answer& answer) final;
  void OnEnd(const JobEnd& end) final;

 protected:
  // Called once for every answer.
  virtual void Count(const Answer&) {}
  // Returns the line of an answer, or an empty text to show none. The identity may name several
  // nodes with equal answers.
  virtual std::string LineOf(const Answer& answer) const = 0;
  // Returns the text after the last line; not called with --quiet.
  virtual std::string Summary(const JobEnd& end) const = 0;

  Context* context() const { return context_; }

 private:
  // Prints the lines that were held back because of the bar or the sorting.
  void Release();

  Context* const context_;
  HumanFrame frame_;
  bool grouped_ = false;
  ReplyGroups groups_;
  std::map<std::string, Answer> said_;                      // the first answer of each group
  std::vector<std::pair<std::string, std::string>> lines_;  // identity and line
};

}  // namespace orch::cli

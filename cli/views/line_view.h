// What people see of a job that needs one line a node and a summary: the shape of the commands package,
// service and controller. One thread.
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
  // Of every answer, once.
  virtual void Count(const Answer&) {}
  // Empty: none is shown. Its identity may be that of several nodes which answered the same.
  virtual std::string LineOf(const Answer& answer) const = 0;
  // After the last line, unless quiet.
  virtual std::string Summary(const JobEnd& end) const = 0;

  Context* context() const { return context_; }

 private:
  // Prints what waited: for the bar to go, or for all to be sorted.
  void Release();

  Context* const context_;
  HumanFrame frame_;
  bool grouped_ = false;
  ReplyGroups groups_;
  std::map<std::string, Answer> said_;                      // of each group the first answer
  std::vector<std::pair<std::string, std::string>> lines_;  // identity and line
};

}  // namespace orch::cli

// The parts that every human view of a job has around its answers: discovery line and progress bar.
// The view owns it and calls it from its thread.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"
#include "cli/jobs/job_end.h"
#include "cli/session/context.h"
#include "cli/terminal/progress_bar.h"

namespace orch::cli {

class HumanFrame {
 public:
  HumanFrame(Context* context, bool discovery_line);
  // Prints the discovery line, and draws the bar if it is wanted.
  void Start(const JobStart& start);
  // Redraws the bar.
  void Progress(size_t done, size_t targets);
  // Whether a bar is on the screen; then the view must hold back answers.
  bool bar() const { return bar_shown_; }
  // Leaves the bar on its line and prints `after` behind it.
  void End(absl::string_view after);

 private:
  Context* const context_;
  const bool discovery_line_;
  const bool bar_wanted_;
  bool bar_shown_ = false;
  ProgressBar bar_;
};

}  // namespace orch::cli

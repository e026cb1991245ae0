#include "cli/views/human_frame.h"

#include "absl/strings/str_cat.h"
#include "cli/jobs/job_text.h"

namespace orch::cli {

HumanFrame::HumanFrame(Context* context, bool discovery_line)
    : context_(context),
      discovery_line_(discovery_line && !context->options().quiet),
      bar_wanted_(context->env().out_is_terminal && context->env().err_is_terminal && !context->options().quiet &&
                  !context->options().no_progress && !context->options().rollout.live &&
                  context->options().output_file.empty()),
      bar_(context->env().columns, context->style()) {}

void HumanFrame::Start(const JobStart& start) {
  if (discovery_line_) context_->Note(absl::StrCat(DiscoveryLine(start.targets, context_->options().classic), "\n"));
  if (bar_wanted_ && start.targets > 0) {
    context_->Note(bar_.Draw(0, start.targets));
    bar_shown_ = true;
  }
  context_->env().err->Flush();
}

void HumanFrame::Progress(size_t done, size_t targets) {
  if (!bar_shown_ || done == 0) return;
  context_->Note(bar_.Draw(done, targets));
  context_->env().err->Flush();
}

void HumanFrame::End(absl::string_view after) {
  if (!bar_shown_) return;
  context_->Note(after);
  context_->env().err->Flush();
  bar_shown_ = false;
}

}  // namespace orch::cli

#include "cli/views/line_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/jobs/job_text.h"

namespace orch::cli {

void LineView::OnStart(const JobStart& start) { frame_.Start(start); }

void LineView::OnProgress(size_t done, size_t targets) {
  frame_.Progress(done, targets);
  context_->env().out->Flush();
}

bool LineView::OnAnswer(const Answer& answer) {
  std::string line = LineOf(answer);
  if (line.empty()) return true;
  lines_.emplace_back(answer.identity, std::move(line));
  if (!frame_.bar() && !context_->options().sort) Release();
  return true;
}

void LineView::OnEnd(const JobEnd& end) {
  frame_.End("\n");
  if (context_->options().sort) std::sort(lines_.begin(), lines_.end());
  Release();
  if (end.asked() == 0 && end.error.ok()) {
    context_->Note("No request sent, we did not discover any nodes.\n");
    return;
  }
  if (!context_->options().quiet) context_->Print(Summary(end));
  const std::string missing = MissingText(end, context_->style());
  if (!missing.empty()) context_->Print(absl::StrCat("\n", missing));
  context_->Note(CutShortText(end));
}

void LineView::Release() {
  for (const auto& [identity, line] : lines_) context_->Print(line);
  lines_.clear();
}

}  // namespace orch::cli

#include "cli/views/puppet_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"

namespace orch::cli {

bool PuppetView::OnAnswer(const Answer& answer) {
  if (answer.ok()) {
    answers_.push_back(answer);
  } else if (!answer.missing()) {
    failed_.push_back(answer);
  }
  return true;
}

void PuppetView::OnEnd(const JobEnd& end) {
  frame_.End("\n");
  if (end.asked() == 0 && end.error.ok()) {
    context_->Note(kNoNodesNote);
  }
  if (context_->options().sort) {
    const auto by_name = [](const Answer& a, const Answer& b) { return a.identity < b.identity; };
    std::sort(answers_.begin(), answers_.end(), by_name);
    std::sort(failed_.begin(), failed_.end(), by_name);
  }
  for (const Answer& answer : failed_) {
    context_->Print(absl::StrFormat("%-40s %s: %s\n", Printable(answer.identity), StatusText(answer, context_->style()),
                                    Printable(answer.message)));
  }
  context_->Print(Text(answers_, end));
  const std::string missing = MissingText(end, context_->style());
  if (!missing.empty()) context_->Print(absl::StrCat("\n", missing));
  context_->Note(CutShortText(end));
}

}  // namespace orch::cli

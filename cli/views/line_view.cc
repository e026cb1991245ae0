#include "cli/views/line_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"

namespace orch::cli {
namespace {

std::string DataText(const Answer& answer) { return PrintableJson(answer.data); }

}  // namespace

void LineView::OnStart(const JobStart& start) {
  grouped_ = WantsGroups(*context_, start.targets);
  frame_.Start(start);
}

void LineView::OnProgress(size_t done, size_t targets) {
  frame_.Progress(done, targets);
  context_->env().out->Push();
}

bool LineView::OnAnswer(const Answer& answer) {
  Count(answer);
  std::string line = LineOf(answer);
  if (line.empty()) return true;
  if (grouped_) {
    const std::string said = absl::StrCat(answer.state, " ", answer.code, " ", answer.message, "\n", DataText(answer));
    said_.try_emplace(said, answer);
    groups_.Add(answer.identity, said);
    return true;
  }
  lines_.emplace_back(answer.identity, std::move(line));
  if (!frame_.bar() && !context_->options().sort) Release();
  return true;
}

void LineView::OnEnd(const JobEnd& end) {
  frame_.End("\n");
  if (context_->options().sort) std::sort(lines_.begin(), lines_.end());
  Release();
  if (end.asked() == 0 && end.error.ok()) {
    context_->Note(kNoNodesNote);
    return;
  }
  if (!context_->options().quiet) context_->Print(Summary(end));
  const std::string missing = MissingText(end, context_->style());
  if (!missing.empty()) context_->Print(absl::StrCat("\n", missing));
  context_->Note(CutShortText(end));
}

void LineView::Release() {
  for (const ReplyGroups::Group& group : groups_.Take(context_->options().sort)) {
    Answer& answer = said_.at(group.said);
    answer.identity = group.Heading();
    context_->Print(LineOf(answer));
  }
  for (const auto& [identity, line] : lines_) context_->Print(line);
  lines_.clear();
}

}  // namespace orch::cli

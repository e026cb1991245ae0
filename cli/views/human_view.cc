#include "cli/views/human_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/value_text.h"

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

HumanView::HumanView(Context* context, const Invocation& invocation)
    : context_(context),
      invocation_(invocation),
      layout_(LayoutFor(invocation)),
      frame_(context, true),
      aggregator_(*invocation.action) {}

void HumanView::OnStart(const JobStart& start) { frame_.Start(start); }

bool HumanView::OnAnswer(const Answer& answer) {
  AddToSummaries(answer, &aggregator_);
  const bool verbose = context_->options().verbose;
  if (!verbose && !IsShown(answer, context_->options().display, invocation_.action->display)) return true;
  if (frame_.bar() || context_->options().sort) {
    held_.emplace_back(answer.identity, Block(answer));
  } else {
    context_->Print(Block(answer));
  }
  return true;
}

void HumanView::OnProgress(size_t done, size_t targets) {
  frame_.Progress(done, targets);
  context_->env().out->Flush();
}

std::string HumanView::Block(const Answer& answer) const {
  const std::string name = Printable(answer.identity);
  if (context_->options().verbose) {
    return absl::StrCat(absl::StrFormat("%-40s: %s\n", name, Printable(answer.message)),
                        IndentAll(PrettyValue(answer.data), 4), "\n\n");
  }
  std::string text = absl::StrFormat("%-40s %s\n", name, StatusText(answer, context_->style()));
  if (!answer.ok() || answer.message != "OK") {
    absl::StrAppend(&text, "   ", context_->style().Yellow(PrintableBlock(answer.message, 3)), "\n");
  }
  if (answer.ok()) text += layout_->Text(answer, *invocation_.action);
  return absl::StrCat(text, "\n");
}

std::string SummariesText(const ddl::Aggregator& aggregator, const Style& style) {
  std::string text;
  for (const ddl::Aggregator::Result& result : aggregator.Results()) {
    absl::StrAppend(&text, style.Bold(absl::StrCat(Printable(result.title), ":")), "\n\n");
    if (result.lines.empty()) {
      absl::StrAppend(&text, "     ", style.Yellow("No aggregate summary could be computed"), "\n");
    }
    for (const std::string& line : result.lines) absl::StrAppend(&text, "   ", Printable(line), "\n");
    text += "\n";
  }
  return text;
}

void HumanView::OnEnd(const JobEnd& end) {
  frame_.End("\n\n");
  if (context_->options().sort) std::sort(held_.begin(), held_.end());
  for (const auto& [name, block] : held_) context_->Print(block);
  if (end.asked() == 0 && end.error.ok()) {
    context_->Note("No request sent, we did not discover any nodes.\n");
    return;
  }
  if (!context_->options().quiet) {
    const std::string name = absl::StrCat(invocation_.plugin->name, "#", invocation_.action->name, " call");
    context_->Print(absl::StrCat("\n", SummariesText(aggregator_, context_->style()), "\n",
                                 context_->options().verbose
                                     ? StatsBlock(name, end, context_->style())
                                     : FinishedLine(end.answered(), end.asked(), end.total_time, context_->style()),
                                 "\n"));
  }
  context_->Print(MissingText(end, context_->style()));
  context_->Note(CutShortText(end));
}

}  // namespace orch::cli

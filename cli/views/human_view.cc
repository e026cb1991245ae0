#include "cli/views/human_view.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/display_width.h"
#include "cli/terminal/value_text.h"
#include "cli/views/answer_text.h"
#include "cli/views/label_layout.h"
#include "cli/views/layout_for.h"
#include "cli/views/reply_choice.h"

namespace orch::cli {
namespace {

std::string Block(absl::string_view names, absl::string_view said) {
  return absl::StrCat(PadRight(Printable(names), 40), said);
}

std::unique_ptr<DataLayout> LayoutOf(const Context& context, const Invocation& invocation) {
  if (!context.options().columns.empty()) return std::make_unique<LabelLayout>();
  return LayoutFor(invocation);
}

}  // namespace

HumanView::HumanView(Context* context, const Invocation& invocation)
    : context_(context),
      invocation_(invocation),
      layout_(LayoutOf(*context, invocation)),
      frame_(context, true),
      aggregator_(*invocation.action) {}

void HumanView::OnStart(const JobStart& start) {
  grouped_ = WantsGroups(*context_, start.targets);
  frame_.Start(start);
}

bool HumanView::OnAnswer(const Answer& answer) {
  AddToSummaries(answer, &aggregator_);
  const CommonOptions& options = context_->options();
  // A user who names fields wants to see them.
  const bool always = options.verbose || (!options.columns.empty() && options.display == DisplayMode::kDdl);
  if (!always && !IsShown(answer, options.display, invocation_.action->display)) return true;
  std::string said = TextOf(answer);
  if (grouped_) {
    groups_.Add(answer.identity, said);
  } else if (frame_.bar() || options.sort) {
    held_.emplace_back(answer.identity, std::move(said));
  } else {
    context_->Print(Block(answer.identity, said));
  }
  return true;
}

void HumanView::OnProgress(size_t done, size_t targets) {
  frame_.Progress(done, targets);
  context_->env().out->Push();
}

std::string HumanView::TextOf(const Answer& answer) const {
  Answer shown = answer;
  shown.data = ChosenData(answer.data, context_->options().columns);
  if (context_->options().verbose) {
    return absl::StrCat(": ", Printable(shown.message), "\n", IndentAll(PrettyValue(shown.data), 4), "\n\n");
  }
  std::string text = absl::StrCat(" ", StatusText(shown, context_->style()), "\n");
  if (!shown.ok() || shown.message != "OK") {
    absl::StrAppend(&text, "   ", context_->style().Yellow(PrintableBlock(shown.message, 3)), "\n");
  }
  if (shown.ok()) text += layout_->Text(shown, *invocation_.action);
  return absl::StrCat(text, "\n");
}

void HumanView::PrintHeld() {
  if (context_->options().sort) std::sort(held_.begin(), held_.end());
  for (const auto& [name, said] : held_) context_->Print(Block(name, said));
  for (const ReplyGroups::Group& group : groups_.Take(context_->options().sort))
    context_->Print(Block(group.Heading(), group.said));
}

void HumanView::OnEnd(const JobEnd& end) {
  frame_.End("\n\n");
  PrintHeld();
  if (end.asked() == 0 && end.error.ok()) {
    context_->Note(kNoNodesNote);
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

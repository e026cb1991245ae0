// The command `orchctl ping`.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_spec.h"
#include "cli/jobs/job_text.h"
#include "cli/jobs/job_view.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/sparkline.h"
#include "cli/views/expect_view.h"
#include "cli/views/machine_view.h"

namespace orch::cli {
namespace {

// Prints the guide's lines as answers arrive, and statistics at the end.
class PingView final : public JobView {
 public:
  PingView(Context* context, bool graph) : context_(context), graph_(graph) {}

  void OnStart(const JobStart& start) override {
    if (!context_->options().verbose) return;
    context_->Note(DiscoveryLine(start.targets, context_->options().classic));
  }

  bool OnAnswer(const Answer& answer) override {
    if (answer.missing()) return true;
    const double ms = absl::ToDoubleMilliseconds(answer.latency);
    times_.push_back(ms);
    if (context_->options().sort) {
      sorted_.emplace_back(answer.identity, Line(answer, ms));
    } else {
      context_->Print(Line(answer, ms));
    }
    return true;
  }

  // Shows each batch of answers at once.
  void OnProgress(size_t, size_t) override { context_->env().out->Push(); }

  void OnEnd(const JobEnd& end) override {
    std::sort(sorted_.begin(), sorted_.end());
    for (const auto& [name, line] : sorted_) context_->Print(line);
    if (!context_->options().quiet) context_->Print(absl::StrCat("\n\n", Statistics()));
    if (context_->options().verbose) {
      context_->Print(absl::StrFormat("round trip %s ms, of which the hub took %s ms to choose the nodes\n",
                                      Milliseconds(end.total_time), Milliseconds(end.start.discovery)));
    }
    const std::string missing = end.enough ? "" : MissingText(end, context_->style());
    if (!missing.empty()) context_->Print(absl::StrCat("\n", missing));
    context_->Note(CutShortText(end));
  }

 private:
  static std::string Line(const Answer& answer, double ms) {
    const std::string problem = answer.ok() ? "" : absl::StrCat("  ", Printable(answer.message));
    return absl::StrFormat("%-40s time=%.2f ms%s\n", Printable(answer.identity), ms, problem);
  }

  std::string Statistics() const {
    std::string text = "---- ping statistics ----\n";
    if (times_.empty()) return absl::StrCat(text, "No responses received\n");
    const auto [min, max] = std::minmax_element(times_.begin(), times_.end());
    const double average = std::accumulate(times_.begin(), times_.end(), 0.0) / static_cast<double>(times_.size());
    absl::StrAppendFormat(&text, "%d replies max: %.2f min: %.2f avg: %.2f", times_.size(), *max, *min, average);
    if (graph_) absl::StrAppend(&text, " ", PingGraph(times_));
    return absl::StrCat(text, "\n");
  }

  Context* const context_;
  const bool graph_;
  std::vector<double> times_;
  std::vector<std::pair<std::string, std::string>> sorted_;
};

class PingCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Flag({"-g", "--graph"}, "Show a graph of the distribution of reply times", "Application Options", &graph_);
    table->Add({{"--expect"},
                "COUNT",
                "Exit as soon as this number of nodes have answered; fewer answers are a failure",
                "Application Options",
                {},
                false,
                [this](const std::string& text) {
                  if (absl::SimpleAtoi(text, &expect_) && expect_ > 0) return absl::OkStatus();
                  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no number above 0"));
                }});
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "ping [options] [filters]"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    v1::JobSpec spec = MakeSpec(context->options(), targets, "rpcutil", "ping");
    spec.set_no_reply_data(true);
    // In MCollective, a ping without answers has the exit code for named nodes.
    constexpr bool kNamed = true;
    ORCH_ASSIGN_OR_RETURN(std::unique_ptr<JobView> view, MakeMachineView(context, {"rpcutil", "ping", nullptr}));
    if (view == nullptr) view = std::make_unique<PingView>(context, graph_);
    ExpectView limited(view.get(), expect_);
    ORCH_ASSIGN_OR_RETURN(const int code, RunJob(context, spec, kNamed, &limited));
    if (limited.seen() >= expect_ || (code != kExitOk && code != kExitSomeFailed && code != kExitNoNamedAnswer)) {
      return code;
    }
    context->Note(absl::StrCat("orchctl: ", expect_, " nodes were expected, ", limited.seen(), " answered\n"));
    return code == kExitOk ? kExitSomeFailed : code;
  }

 private:
  bool graph_ = false;
  size_t expect_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakePingCommand() { return std::make_unique<PingCommand>(); }

}  // namespace orch::cli

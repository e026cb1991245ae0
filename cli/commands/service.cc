// orchctl service.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/commands/app_words.h"
#include "cli/commands/command.h"
#include "cli/jobs/job_text.h"
#include "cli/views/human_view.h"

namespace orch::cli {
namespace {

// The guide's lines and summary block.
class ServiceView final : public JobView {
 public:
  ServiceView(Context* context, std::string action)
      : context_(context), action_(std::move(action)), frame_(context, context->options().verbose) {}

  void OnStart(const JobStart& start) override { frame_.Start(start); }
  void OnProgress(size_t done, size_t targets) override {
    frame_.Progress(done, targets);
    context_->env().out->Flush();
  }

  bool OnAnswer(const Answer& answer) override {
    const std::string status = StatusOf(answer);
    ++counts_[status];
    if (!IsListed(answer, status)) return true;
    const std::string line = answer.ok()
                                 ? absl::StrFormat("%-40s status=%s\n", Printable(answer.identity), status)
                                 : absl::StrFormat("%-40s %s: %s\n", Printable(answer.identity),
                                                   StatusText(answer, context_->style()), Printable(answer.message));
    lines_.emplace_back(answer.identity, line);
    if (!frame_.bar() && !context_->options().sort) Release();
    return true;
  }

  void OnEnd(const JobEnd& end) override {
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

 private:
  static std::string StatusOf(const Answer& answer) {
    if (!answer.ok()) return "errors";
    const auto found = answer.data.find("status");
    return found != answer.data.end() && found->is_string() ? Printable(found->get<std::string>()) : "unknown";
  }

  // As MCollective: each node for status; where a start or stop did not do; for restart nobody. Failures always.
  bool IsListed(const Answer& answer, const std::string& status) const {
    switch (context_->options().display) {
      case DisplayMode::kAll:
        return true;
      case DisplayMode::kOk:
        return answer.ok();
      case DisplayMode::kFailed:
        return !answer.ok();
      case DisplayMode::kNone:
        return false;
      case DisplayMode::kDdl:
        break;
    }
    if (!answer.ok() || action_ == "status" || context_->options().verbose) return true;
    return action_ != "restart" && status != "running" && status != "stopped";
  }

  void Release() {
    for (const auto& [name, line] : lines_) context_->Print(line);
    lines_.clear();
  }

  std::string Summary(const JobEnd& end) const {
    std::string statuses;
    const auto add = [&](const std::string& label, size_t count) {
      if (count > 0) absl::StrAppend(&statuses, statuses.empty() ? "" : " ", label, "=", count);
    };
    auto rest = counts_;
    for (const auto& [status, label] :
         {std::pair("running", "started"), std::pair("stopped", "stopped"), std::pair("errors", "errors")}) {
      add(label, rest[status]);
      rest.erase(status);
    }
    for (const auto& [status, count] : rest) add(absl::StrCat("unknown (", status, ")"), count);
    return absl::StrFormat("---- service summary ----\nNodes: %s\nStatuses: %s\nElapsed Time: %.2f s\n",
                           AnsweredOfAsked(end.answered(), end.asked(), context_->style()), statuses,
                           absl::ToDoubleSeconds(end.total_time));
  }

  Context* const context_;
  const std::string action_;
  HumanFrame frame_;
  std::map<std::string, size_t> counts_;
  std::vector<std::pair<std::string, std::string>> lines_;
};

class ServiceCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(RequireWords(words, 2, "service <service> <action>"));
    ORCH_ASSIGN_OR_RETURN(const AppCall call, MakeAppCall(context, "service", words, {}));
    if (call.invocation.action->FindOutput("status") == nullptr) {
      HumanView view(context, call.invocation);
      return RunInvocation(context, call.invocation, call.targets, call.what, &view);
    }
    ServiceView view(context, call.words.action);
    return RunInvocation(context, call.invocation, call.targets, call.what, &view);
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return words.size() < 2 ? NextWord::Actions("service") : NextWord();
  }
};

}  // namespace

std::unique_ptr<Command> MakeServiceCommand() { return std::make_unique<ServiceCommand>(); }

}  // namespace orch::cli

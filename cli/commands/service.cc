// The command `orchctl service`.
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/commands/app_words.h"
#include "cli/commands/command.h"
#include "cli/commands/run_invocation.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/views/answer_text.h"
#include "cli/views/human_view.h"
#include "cli/views/line_view.h"

namespace orch::cli {
namespace {

// Prints the lines and the summary block of the PE 2.0 guide.
class ServiceView final : public LineView {
 public:
  ServiceView(Context* context, std::string action) : LineView(context), action_(std::move(action)) {}

 protected:
  void Count(const Answer& answer) override { ++counts_[StatusOf(answer)]; }
  std::string LineOf(const Answer& answer) const override {
    const std::string status = StatusOf(answer);
    if (!IsListed(answer, status)) return "";
    const std::string node = Printable(answer.identity);
    if (answer.ok()) return absl::StrFormat("%-40s status=%s\n", node, status);
    return absl::StrFormat("%-40s %s: %s\n", node, StatusText(answer, context()->style()), Printable(answer.message));
  }
  std::string Summary(const JobEnd& end) const override {
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
                           AnsweredOfAsked(end.answered(), end.asked(), context()->style()), statuses,
                           absl::ToDoubleSeconds(end.total_time));
  }

 private:
  static std::string StatusOf(const Answer& answer) {
    if (!answer.ok()) return "errors";
    const auto found = answer.data.find("status");
    return found != answer.data.end() && found->is_string() ? Printable(found->get<std::string>()) : "unknown";
  }

  // As in MCollective: all nodes for status, nodes without the wanted state for start and stop, none for restart;
  // failures always.
  bool IsListed(const Answer& answer, const std::string& status) const {
    const DisplayMode mode = context()->options().display;
    if (mode != DisplayMode::kDdl) return IsShown(answer, mode, ddl::Display::kAlways);
    if (!answer.ok() || action_ == "status" || context()->options().verbose) return true;
    return action_ != "restart" && status != "running" && status != "stopped";
  }

  const std::string action_;
  std::map<std::string, size_t> counts_;
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
    return words.size() < 2 ? NextWord::Actions("service") : NextWord::InputsOfOne("service", words);
  }
};

}  // namespace

std::unique_ptr<Command> MakeServiceCommand() { return std::make_unique<ServiceCommand>(); }

}  // namespace orch::cli

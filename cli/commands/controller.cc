// The command `orchctl controller`.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/commands/app_words.h"
#include "cli/commands/command.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_spec.h"
#include "cli/jobs/job_text.h"
#include "cli/jobs/job_view.h"
#include "cli/session/plugin_source.h"
#include "cli/terminal/value_text.h"
#include "cli/views/answer_text.h"
#include "cli/views/dry_run.h"
#include "cli/views/line_view.h"
#include "cli/views/machine_view.h"

namespace orch::cli {
namespace {

constexpr char kUsage[] = "controller stats | reload_agents | reload_agent <plugin> | exit --yes";

// Prints one line per node, as MCollective does: "node> reloaded all agents".
class ControllerView final : public LineView {
 public:
  ControllerView(Context* context, bool stats) : LineView(context), stats_(stats) {}

 protected:
  std::string LineOf(const Answer& answer) const override {
    const bool shown = !answer.missing() && IsShown(answer, context()->options().display, ddl::Display::kAlways);
    return shown ? Line(answer) : "";
  }
  std::string Summary(const JobEnd& end) const override {
    return absl::StrCat("\n", FinishedLine(end.answered(), end.asked(), end.total_time, context()->style()));
  }

 private:
  static int64_t Count(const Json& data, const char* key) {
    const auto found = data.find(key);
    return found != data.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
  }

  std::string Line(const Answer& answer) const {
    const std::string node = Printable(answer.identity);
    if (!answer.ok()) {
      return absl::StrCat(node, "> ", StatusText(answer, context()->style()), ": ", Printable(answer.message), "\n");
    }
    const Json& data = answer.data;
    if (stats_) {
      return absl::StrFormat("%40s> total=%d, replies=%d, valid=%d, invalid=%d, filtered=%d, passed=%d\n", node,
                             Count(data, "total"), Count(data, "replies"), Count(data, "valid"), Count(data, "invalid"),
                             Count(data, "filtered"), Count(data, "passed"));
    }
    const auto message = data.find("message");
    return absl::StrCat(node, "> ", message == data.end() ? std::string("OK") : DisplayValue(*message), "\n");
  }

  const bool stats_;
};

class ControllerCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Text({"--argument"}, "NAME", "Plugin that reload_agent reloads", "Application Options", &argument_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(RequireWords(words, 1, kUsage));
    const std::string& action = words[0];
    Arguments arguments;
    ORCH_RETURN_IF_ERROR(ReadArgument(action, words, &arguments));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    const bool dry_run = context->options().dry_run;
    if (action == "exit" && !context->options().yes && !dry_run) {
      return absl::InvalidArgumentError(
          "controller exit ends the node agents: those nodes are out of reach until somebody starts orch-nodeagent on "
          "them again; if that is meant, add --yes. Nothing is sent");
    }
    ORCH_ASSIGN_OR_RETURN(auto plugin, FetchPlugin(context, "controller"));
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, MakeInvocation(context, std::move(plugin), action, arguments));
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    // Reloading plugins changes nothing on a node, so no confirmation is needed.
    v1::JobSpec spec = MakeSpec(context->options(), targets, "controller", action);
    spec.set_inputs_json(DumpJson(invocation.inputs));
    if (dry_run) return ShowDryRun(context, spec, invocation.inputs);
    ORCH_ASSIGN_OR_RETURN(std::unique_ptr<JobView> view, MakeMachineView(context, invocation.subject()));
    if (view == nullptr) view = std::make_unique<ControllerView>(context, action == "stats");
    context->RememberNextJob();
    return RunJob(context, spec, targets.named, view.get());
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    if (words.empty()) return NextWord::Words({"exit", "reload_agent", "reload_agents", "stats"});
    return {words.size() == 1 && words[0] == "reload_agent" ? NextWord::kPlugins : NextWord::kNothing};
  }

 private:
  // The plugin is the second word or --argument, as in MCollective.
  absl::Status ReadArgument(const std::string& action, const std::vector<std::string>& words,
                            Arguments* arguments) const {
    const bool takes_plugin = action == "reload_agent";
    const std::string name = words.size() > 1 ? words[1] : argument_;
    const bool given_twice = words.size() > 1 && !argument_.empty();
    if (words.size() > 2 || given_twice || takes_plugin == name.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("usage: orchctl ", kUsage));
    }
    if (takes_plugin) arguments->emplace_back("agent", name);
    return absl::OkStatus();
  }

  std::string argument_;
};

}  // namespace

std::unique_ptr<Command> MakeControllerCommand() { return std::make_unique<ControllerCommand>(); }

}  // namespace orch::cli

// The command `orchctl invoke`, also called `rpc`.
#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/commands/run_invocation.h"
#include "cli/jobs/invocation.h"
#include "cli/session/plugin_source.h"
#include "cli/views/human_view.h"

namespace orch::cli {
namespace {

class InvokeCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Text({"-a", "--agent", "--plugin"}, "PLUGIN", "Plugin to call", group, &plugin_);
    table->Text({"--action"}, "ACTION", "Action to call", group, &action_);
    table->Texts({"--arg", "--argument"}, "KEY=VAL", "Input to pass to the action", group, &arguments_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_ASSIGN_OR_RETURN(const Arguments arguments, SortWords(words));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(auto plugin, FetchPlugin(context, plugin_));
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, MakeInvocation(context, std::move(plugin), action_, arguments));
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    HumanView view(context, invocation);
    return RunInvocation(context, invocation, targets, absl::StrCat("invoke ", plugin_, " ", action_), &view);
  }

  NextWord Next(const std::vector<std::string>& words) const override {
    if (words.empty()) return {NextWord::kPlugins};
    return words.size() == 1 ? NextWord::Actions(words[0]) : NextWord::Inputs(words[0], words[1]);
  }

 private:
  // Takes plugin and action first, unless options have named them; the other words are inputs.
  absl::StatusOr<Arguments> SortWords(const std::vector<std::string>& words) {
    size_t next = 0;
    for (std::string* name : {&plugin_, &action_}) {
      if (name->empty() && next < words.size()) *name = words[next++];
    }
    if (plugin_.empty() || action_.empty()) {
      return absl::InvalidArgumentError(
          "No agent, action and arguments specified; usage: orchctl invoke <plugin> <action> [<key=val> ...]");
    }
    arguments_.insert(arguments_.end(), words.begin() + next, words.end());
    return SplitArguments(arguments_);
  }

  std::string plugin_;
  std::string action_;
  std::vector<std::string> arguments_;
};

}  // namespace

std::unique_ptr<Command> MakeInvokeCommand() { return std::make_unique<InvokeCommand>(); }

}  // namespace orch::cli

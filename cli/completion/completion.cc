// The command `orchctl completion`.
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/completion/candidate.h"
#include "cli/completion/complete.h"
#include "cli/completion/completion_script.h"
#include "cli/options/words.h"
#include "cli/session/plugin_source.h"
#include "cli/terminal/exit_codes.h"

namespace orch::cli {
namespace {

class CompletionCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Flag({"--complete"}, "Print how the last word can be completed; used by the scripts", group, &complete_);
    table->Flag({"--list-agents", "--list-plugins"}, "List all plugins", group, &agents_);
    table->Flag({"--list-actions"}, "List all actions of a plugin", group, &actions_);
    table->Flag({"--list-inputs"}, "List all inputs of an action", group, &inputs_);
    table->Flag({"--list-applications"}, "List all commands", group, &applications_);
    table->Text({"--agent", "--plugin"}, "PLUGIN", "The plugin to operate on", group, &plugin_);
    table->Text({"--action"}, "ACTION", "The action to operate on", group, &action_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (complete_) return PrintCandidates(context, Complete(context, words));
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "completion bash|zsh|fish"));
    if (words == std::vector<std::string>{"bash"}) return Print(context, {BashCompletion()});
    if (words == std::vector<std::string>{"zsh"}) return Print(context, {ZshCompletion()});
    if (words == std::vector<std::string>{"fish"}) return Print(context, {FishCompletion()});
    if (!words.empty())
      return absl::InvalidArgumentError(
          absl::StrCat("no completion for '", words[0], "'; bash, zsh and fish are known"));
    if (applications_) return Print(context, CommandNames());
    if (agents_) return ListAgents(context);
    if ((actions_ || inputs_) && plugin_.empty()) return absl::InvalidArgumentError("give the plugin: --agent PLUGIN");
    if (inputs_ && action_.empty()) return absl::InvalidArgumentError("give the action: --action ACTION");
    if (actions_ || inputs_) return ListOfPlugin(context);
    return absl::InvalidArgumentError("usage: orchctl completion bash|zsh|fish, or one of the --list options");
  }

  NextWord Next(const std::vector<std::string>& words) const override {
    return words.empty() ? NextWord::Words({"bash", "fish", "zsh"}) : NextWord();
  }

 private:
  static int Print(Context* context, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) context->Print(absl::StrCat(line, "\n"));
    return kExitOk;
  }

  static int PrintCandidates(Context* context, const Candidates& found) {
    if (found.files) context->Print(absl::StrCat(kFilesMark, "\n"));
    for (const Candidate& candidate : found.list)
      context->Print(absl::StrCat(candidate.word, "\t", candidate.help, "\n"));
    return kExitOk;
  }

  static std::vector<std::string> CommandNames() {
    std::set<std::string> names;
    for (const CommandEntry& entry : Commands()) {
      names.insert(entry.name);
      names.insert(entry.aliases.begin(), entry.aliases.end());
    }
    return {names.begin(), names.end()};
  }

  static absl::StatusOr<int> ListAgents(Context* context) {
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::ListPluginsResponse response, hub->ListPlugins());
    std::set<std::string> names;
    for (const v1::Plugin& plugin : response.plugins()) names.insert(Printable(plugin.name()));
    return Print(context, {names.begin(), names.end()});
  }

  absl::StatusOr<int> ListOfPlugin(Context* context) {
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const auto plugin, FetchPlugin(context, plugin_));
    std::vector<std::string> names;
    if (actions_) {
      for (const auto& [name, action] : plugin->actions) names.push_back(Printable(name));
      return Print(context, names);
    }
    const ddl::Action* action = plugin->FindAction(action_);
    if (action == nullptr) return absl::NotFoundError(absl::StrCat("plugin ", plugin_, " has no action ", action_));
    for (const ddl::Input& input : action->inputs) names.push_back(Printable(input.name));
    return Print(context, names);
  }

  bool complete_ = false;
  bool agents_ = false;
  bool actions_ = false;
  bool inputs_ = false;
  bool applications_ = false;
  std::string plugin_;
  std::string action_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletionCommand() { return std::make_unique<CompletionCommand>(); }

}  // namespace orch::cli

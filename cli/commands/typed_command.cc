#include "cli/commands/typed_command.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/ddl/validate.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"
#include "cli/commands/input_options.h"
#include "cli/commands/plugin_names.h"
#include "cli/commands/run_invocation.h"
#include "cli/commands/typed_help.h"
#include "cli/options/option_groups.h"
#include "cli/session/plugin_source.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/human_view.h"

namespace orch::cli {
namespace {

// A word that is similar to a command is probably a typing error, so the hub gets less time to answer.
constexpr absl::Duration kSlipPatience = absl::Seconds(2);

class TypedCommand final : public Command {
 public:
  // `action` is null if none was given.
  TypedCommand(std::shared_ptr<const ddl::Plugin> plugin, const ddl::Action* action)
      : plugin_(std::move(plugin)), action_(action) {}

  void DeclareOptions(OptionTable* table) override {
    if (action_ != nullptr) AddInputOptions(*action_, table, &arguments_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (action_ == nullptr) {
      std::vector<std::string> names;
      for (const auto& [name, action] : plugin_->actions) names.push_back(name);
      return absl::InvalidArgumentError(absl::StrCat("no action given; usage: orchctl ", plugin_->name, " ",
                                                     absl::StrJoin(names, "|"), " [options] [filters] [inputs]"));
    }
    for (const std::string& word : words) {
      if (!absl::StrContains(word, "=")) {
        return absl::InvalidArgumentError(absl::StrCat("unexpected word '", word,
                                                       "'; inputs are given as --key VALUE or key=VALUE, and 'orchctl ",
                                                       plugin_->name, " ", action_->name, " --help' lists them"));
      }
      ORCH_ASSIGN_OR_RETURN(auto pair, ddl::SplitArgument(word));
      arguments_.push_back(std::move(pair));
    }
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, MakeInvocation(context, plugin_, action_->name, arguments_));
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    HumanView view(context, invocation);
    return RunInvocation(context, invocation, targets, absl::StrCat("invoke ", plugin_->name, " ", action_->name),
                         &view);
  }

  NextWord Next(const std::vector<std::string>&) const override {
    return action_ == nullptr ? NextWord::Actions(plugin_->name) : NextWord::Inputs(plugin_->name, action_->name);
  }

 private:
  const std::shared_ptr<const ddl::Plugin> plugin_;
  const ddl::Action* const action_;
  Arguments arguments_;
};

std::string NearestCommand(const std::string& name) {
  std::vector<std::string> known;
  for (const CommandEntry& entry : Commands()) {
    known.push_back(entry.name);
    known.insert(known.end(), entry.aliases.begin(), entry.aliases.end());
  }
  return NearestWord(name, known);
}

// Whether a node could have the plugin, although no connected one has it.
bool IsBuiltIn(absl::string_view name) {
  const std::vector<std::string>& known = BuiltInPlugins();
  return std::find(known.begin(), known.end(), name) != known.end();
}

// Returns why no node offers the plugin; empty if no plugin of that name is known.
std::string WhyNotOffered(const std::string& name, const v1::ListPluginsResponse& listed) {
  const std::string text = absl::StrCat("no attached node offers the plugin ", name, "; ");
  for (const v1::ListPluginsResponse::Failed& failed : listed.failed()) {
    if (failed.problem().plugin() != name || failed.identities().empty()) continue;
    return absl::StrCat(text, "on ", Printable(failed.identities(0)),
                        " it could not be loaded: ", Printable(failed.problem().reason()));
  }
  if (!IsBuiltIn(name)) return "";
  return absl::StrCat(text, name == "shell" ? "it is off unless agent.yaml on a node has plugin.shell.allow: true and "
                                              "root's shell.policy is there (orch-nodeagent(8))"
                                            : "'orchctl plugin list' shows what nodes offer and could not load");
}

// `cause` says why the hub could not be asked; it is OK if the hub was asked and knows no such plugin.
absl::Status Unknown(const std::string& name, HubClient* hub, const absl::Status& cause) {
  std::string nearest = NearestCommand(name);
  if (!cause.ok()) {
    const std::string text =
        nearest.empty() ? absl::StrCat(cause.message(), "; only the hub knows whether '", Printable(name),
                                       "', which is no command of orchctl's own, is a plugin")
                        : absl::StrCat("unknown command '", Printable(name), "'; did you mean ", nearest,
                                       "? Whether a plugin is called so could not be asked: ", cause.message());
    absl::Status status(cause.code(), text);
    const int code = ExitCodeOf(cause);
    return code == kExitError ? status : WithExitCode(std::move(status), static_cast<ExitCode>(code));
  }
  if (hub != nullptr) {
    const absl::StatusOr<v1::ListPluginsResponse> listed = hub->ListPlugins();
    std::vector<std::string> plugins;
    if (listed.ok()) {
      if (const std::string why = WhyNotOffered(name, *listed); !why.empty()) return absl::NotFoundError(why);
      for (const v1::Plugin& plugin : listed->plugins()) plugins.push_back(plugin.name());
    }
    if (nearest.empty()) nearest = NearestWord(name, plugins);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown command '", Printable(name), "'",
                   nearest.empty() ? "; 'orchctl help' lists the commands, 'orchctl plugin list' the plugins"
                                   : absl::StrCat("; did you mean ", nearest, "?")));
}

// Parses the options that Hub needs, and returns the index of the action, or words.size() if there is none.
absl::StatusOr<size_t> FindAction(const std::string& plugin, const std::vector<std::string>& general,
                                  const std::vector<std::string>& words, CommonOptions* options) {
  OptionTable basic;
  AddCommonOptions(kBasicOptions, options, &basic);
  CommonOptions ignored;
  OptionTable all;
  AddCommonOptions(kTypedGroups, &ignored, &all);
  std::vector<std::string> known = basic.OnlyOptions(general);
  size_t place = words.size();
  for (size_t i = 0; i < words.size() && words[i] != "--";) {
    const size_t count = all.WordsOfOption(words, i);
    if (count == 0 && place == words.size()) {
      if (absl::StartsWith(words[i], "-")) {
        return absl::InvalidArgumentError(absl::StrCat(
            "unknown option ", words[i], "; inputs follow the action: orchctl ", plugin, " <action> ", words[i]));
      }
      place = i;
    }
    if (basic.WordsOfOption(words, i) > 0) known.insert(known.end(), words.begin() + i, words.begin() + i + count);
    i += std::max<size_t>(1, count);
  }
  ORCH_RETURN_IF_ERROR(basic.Parse(known).status());
  return place;
}

// Reads the configuration and fetches the DDL.
absl::StatusOr<std::shared_ptr<const ddl::Plugin>> Fetch(Context* context, const std::string& name) {
  if (!CheckPluginName(name).ok()) return Unknown(name, nullptr, absl::OkStatus());
  ORCH_RETURN_IF_ERROR(context->ReadConfig());
  if (!NearestCommand(name).empty()) context->set_hub_patience(kSlipPatience);
  const absl::StatusOr<HubClient*> hub = context->Hub();
  if (!hub.ok()) return Unknown(name, nullptr, hub.status());
  PluginSource source(*hub, context->config().cache_dir);
  absl::StatusOr<PluginSource::Loaded> loaded = source.GetExactly(name);
  if (absl::IsNotFound(loaded.status())) return Unknown(name, *hub, absl::OkStatus());
  ORCH_RETURN_IF_ERROR(loaded.status());
  return loaded->plugin;
}

}  // namespace

absl::StatusOr<CommandInstance> MakeTypedCommand(Context* context, const std::string& name,
                                                 const std::vector<std::string>& general,
                                                 std::vector<std::string>* words) {
  ORCH_ASSIGN_OR_RETURN(const size_t place, FindAction(name, general, *words, &context->options()));
  ORCH_ASSIGN_OR_RETURN(std::shared_ptr<const ddl::Plugin> plugin, Fetch(context, name));
  context->options() = CommonOptions();
  const ddl::Action* action = nullptr;
  if (place < words->size()) {
    ORCH_ASSIGN_OR_RETURN(action, ddl::RequireAction(*plugin, (*words)[place]));
    words->erase(words->begin() + static_cast<std::ptrdiff_t>(place));
  }
  CommandInstance instance;
  instance.command = std::make_unique<TypedCommand>(plugin, action);
  instance.command->DeclareOptions(&instance.table);
  AddCommonOptions(kTypedGroups, &context->options(), &instance.table);
  instance.help = [plugin, action](const OptionTable& table) {
    return action == nullptr ? TypedPluginHelp(*plugin, table) : TypedActionHelp(*plugin, *action, table);
  };
  return instance;
}

}  // namespace orch::cli

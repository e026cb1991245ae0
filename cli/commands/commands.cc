// The table of commands.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/nearest_word.h"
#include "base/version.h"
#include "cli/commands/command.h"
#include "cli/commands/examples.h"
#include "cli/commands/job_commands.h"
#include "cli/commands/node_commands.h"
#include "cli/options/option_groups.h"

namespace orch::cli {
namespace {

constexpr unsigned kAskFleet = kBasicOptions | kOutputOptions | kTargetOptions | kRunOptions;
constexpr unsigned kRunJobs = kAskFleet | kReplyOptions | kJobOptions | kInputOptions;

constexpr char kInsteadOfPackage[] =
    "plugins need no packages of their own: NAME.json and its program NAME go to /etc/orch/plugins.d on the nodes, "
    "by Puppet or any package tool such as nfpm; 'orchctl plugin validate' checks them before, and "
    "'orchctl controller reload_agents' loads them";

// Runs when the word after a family names none of its commands: returns an error that lists them.
class FamilyCommand final : public Command {
 public:
  explicit FamilyCommand(const CommandEntry& entry) : name_(entry.name) {
    for (const CommandEntry& verb : entry.verbs) verbs_.push_back(verb.name.substr(name_.size() + 1));
  }
  absl::StatusOr<int> Run(Context*, const std::vector<std::string>& words) override {
    if (name_ == "plugin" && !words.empty() && (words[0] == "package" || words[0] == "info"))
      return absl::InvalidArgumentError(kInsteadOfPackage);
    const std::string nearest = words.empty() ? "" : NearestWord(words[0], verbs_);
    const std::string problem = words.empty() ? "" : absl::StrCat("unknown command '", name_, " ", words[0], "'; ");
    return absl::InvalidArgumentError(
        nearest.empty() ? absl::StrCat(problem, "usage: orchctl ", name_, " ", absl::StrJoin(verbs_, "|"))
                        : absl::StrCat(problem, "did you mean ", name_, " ", nearest, "?"));
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return words.empty() ? NextWord::Words(verbs_) : NextWord();
  }

 private:
  const std::string name_;
  std::vector<std::string> verbs_;
};

std::vector<CommandEntry> PluginVerbs() {
  return {
      {"plugin list",
       {},
       "List the plugins of the fleet, and those that could not be loaded",
       {"plugin list [-j]"},
       kBasicOptions | kJsonOptions,
       MakePluginListCommand},
      {"plugin doc",
       {},
       "Document a plugin",
       {"plugin doc <plugin> [-j]"},
       kBasicOptions | kJsonOptions,
       MakePluginDocCommand},
      {"plugin generate",
       {},
       "Write the DDL and a working program of a new plugin",
       {"plugin generate agent <name> --actions <a,b> [--language shell|python|worker-python] [-o <dir>]"},
       kBasicOptions,
       MakePluginGenerateCommand},
      {"plugin validate",
       {},
       "Check the DDL, program and permissions of plugins",
       {"plugin validate <file|dir> ... [-j]"},
       kBasicOptions | kJsonOptions,
       MakePluginValidateCommand},
  };
}

std::vector<CommandEntry> MakeTable() {
  return {
      {"completion",
       {},
       "Print a completion script for bash, zsh or fish",
       {"completion bash", "completion zsh", "completion fish",
        "completion --list-agents | --list-actions | --list-inputs | --list-applications",
        "completion --complete -- <word> ..."},
       kBasicOptions,
       MakeCompletionCommand},
      {"controller",
       {},
       "Control the node agents: show counters, reload plugins, stop agents",
       {"controller [options] [filters] stats | reload_agents", "controller [options] [filters] reload_agent <plugin>",
        "controller [options] [filters] reload_agent --argument <plugin>", "controller [options] [filters] exit --yes"},
       kAskFleet | kDryRunOptions,
       MakeControllerCommand},
      {"describe-filter",
       {"describe_filter"},
       "Explain how filters are understood",
       {"describe-filter -S <filter> -F <filter> -C <filter>", "describe-filter <filters> --node <node>"},
       kBasicOptions | kTargetOptions,
       MakeDescribeFilterCommand},
      {"events",
       {},
       "Show past events of nodes and jobs, or follow new ones",
       {"events [--follow] [--nodes|--jobs] [--since <cursor>] [-j]"},
       kBasicOptions | kJsonOptions,
       MakeEventsCommand},
      {"facts",
       {},
       "Report how often each value of a fact occurs",
       {"facts [options] [filters] <fact>"},
       kBasicOptions | kOutputOptions | kTargetOptions,
       MakeFactsCommand},
      {"find",
       {"discover"},
       "Find the nodes that match the filters",
       {"find [options] [filters]"},
       kBasicOptions | kOutputOptions | kTargetOptions,
       MakeFindCommand},
      {"help",
       {},
       "List the commands, or show the help of one",
       {"help [command]", "help <plugin> [<action>]"},
       kBasicOptions,
       MakeHelpCommand},
      {"hub", {}, "Report on the hub itself", {"hub status [-j]"}, kBasicOptions | kJsonOptions, MakeHubCommand},
      {"inventory",
       {},
       "Report on one node, or on the collectives",
       {"inventory <node>", "inventory --list-collectives", "inventory --collective-graph <file>"},
       kAskFleet,
       MakeInventoryCommand},
      {"invoke",
       {"rpc"},
       "Invoke any action of any plugin",
       {"invoke [options] [filters] <plugin> <action> [<key=val> <key=val> ...]",
        "invoke [options] [filters] --plugin <plugin> --action <action> [--arg <key=val> --arg ...]"},
       kRunJobs,
       MakeInvokeCommand},
      {"job",
       {},
       "List, show, follow and control jobs",
       {"job list|show|watch|replies|cancel|pause|resume|retry-failed|prune|locks"},
       kBasicOptions,
       nullptr,
       JobVerbs()},
      {"node",
       {},
       "List, show and forget the nodes that the hub knows",
       {"node list|show|forget"},
       kBasicOptions,
       nullptr,
       NodeVerbs()},
      {"package",
       {},
       "Install, update, remove and report software packages",
       {"package [options] [filters] <package> <action>", "package [options] [filters] <action> [<package>]"},
       kRunJobs,
       MakePackageCommand},
      {"ping", {}, "Ping all nodes", {"ping [options] [filters]"}, kAskFleet, MakePingCommand},
      {"plugin",
       {},
       "List, document, generate and validate plugins",
       {"plugin list|doc|generate|validate"},
       kBasicOptions,
       nullptr,
       PluginVerbs()},
      {"puppet",
       {},
       "Run, enable and disable Puppet, and report its state",
       {"puppet [options] [filters] count|enable|status|summary", "puppet [options] [filters] disable [<message>]",
        "puppet [options] [filters] runonce", "puppet [options] [filters] runall <concurrency>",
        "puppet [options] [filters] resource <type> <name> [<property=val> ...]"},
       kRunJobs,
       MakePuppetCommand},
      {"puppetd",
       {},
       "Alias of puppet with the command names of 2011",
       {"puppetd [options] [filters] count|enable|disable|status|summary", "puppetd [options] [filters] runonce",
        "puppetd [options] [filters] runall <concurrency>"},
       kRunJobs,
       MakePuppetdCommand},
      {"service",
       {},
       "Start, stop, restart and report services",
       {"service [options] [filters] <service> <action>", "service [options] [filters] <action> <service>"},
       kRunJobs,
       MakeServiceCommand},
      {"version", {}, "Show the version", {"version"}, kBasicOptions, MakeVersionCommand},
  };
}

}  // namespace

const std::vector<CommandEntry>& Commands() {
  static const auto* const table = new std::vector<CommandEntry>(MakeTable());
  return *table;
}

const CommandEntry* CommandNamed(absl::string_view name) {
  for (const CommandEntry& entry : Commands()) {
    if (entry.name == name) return &entry;
    if (std::find(entry.aliases.begin(), entry.aliases.end(), name) != entry.aliases.end()) return &entry;
  }
  return nullptr;
}

const CommandEntry* ResolveCommand(absl::string_view name, std::vector<std::string>* words) {
  const CommandEntry* const entry = CommandNamed(name);
  if (entry == nullptr || entry->verbs.empty()) return entry;
  CommonOptions ignored;
  OptionTable table;
  AddCommonOptions(kBasicOptions | kJsonOptions, &ignored, &table);
  for (size_t i = 0; i < words->size();) {
    const size_t count = table.WordsOfOption(*words, i);
    if (count == 0 && !absl::StartsWith((*words)[i], "-")) {
      for (const CommandEntry& verb : entry->verbs) {
        if (verb.name != absl::StrCat(entry->name, " ", (*words)[i])) continue;
        words->erase(words->begin() + static_cast<std::ptrdiff_t>(i));
        return &verb;
      }
      return entry;
    }
    i += std::max<size_t>(1, count);
  }
  return entry;
}

CommandInstance MakeCommand(const CommandEntry& entry, CommonOptions* options) {
  CommandInstance instance;
  instance.command = entry.verbs.empty() ? entry.make() : std::make_unique<FamilyCommand>(entry);
  instance.command->DeclareOptions(&instance.table);
  AddCommonOptions(entry.groups, options, &instance.table);
  instance.help = [entry](const OptionTable&) { return CommandHelp(entry); };
  return instance;
}

std::string CommandHelp(const CommandEntry& entry) {
  CommonOptions options;
  std::string text = absl::StrCat("\n", entry.summary, "\n\n");
  const char* lead = "Usage: ";
  for (const std::string& usage : entry.usage) {
    absl::StrAppend(&text, lead, "orchctl ", usage, "\n");
    lead = "       ";
  }
  if (!entry.verbs.empty()) text += "\nCommands\n";
  for (const CommandEntry& verb : entry.verbs) absl::StrAppendFormat(&text, "    %-32s %s\n", verb.name, verb.summary);
  if (!entry.aliases.empty()) absl::StrAppend(&text, "Also:  orchctl ", entry.aliases[0], "\n");
  return absl::StrCat(text, "\n", MakeCommand(entry, &options).table.Help(), ExamplesText(ExamplesOf(entry.name)),
                      "\norchctl ", kVersion, "\n");
}

std::string GeneralHelp() {
  std::string text = absl::StrCat("orchctl version ", kVersion, "\n\nusage: orchctl command <options>\n\n");
  for (const CommandEntry& entry : Commands()) absl::StrAppendFormat(&text, "  %-15s %s\n", entry.name, entry.summary);
  return absl::StrCat(text,
                      "\nEach plugin of the fleet is a command too; 'orchctl plugin list' shows them.\n"
                      "Type 'orchctl help command' to get detailed help for a command\n",
                      ExamplesText(ExamplesOf("")));
}

}  // namespace orch::cli

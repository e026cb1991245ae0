// The table of commands.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/version.h"
#include "cli/command.h"

namespace orch::cli {
namespace {

constexpr unsigned kAskFleet = kBasicOptions | kOutputOptions | kTargetOptions | kRunOptions;

std::vector<CommandEntry> MakeTable() {
  return {
      {"completion", {}, "Helper for shell completion systems",
       {"completion bash", "completion zsh",
        "completion --list-agents | --list-actions | --list-inputs | --list-applications"},
       kBasicOptions, MakeCompletionCommand},
      {"controller", {}, "Controls the node agents: counters, plugins read anew, the end",
       {"controller [options] [filters] stats | reload_agents", "controller [options] [filters] reload_agent <plugin>",
        "controller [options] [filters] reload_agent --argument <plugin>", "controller [options] [filters] exit --yes"},
       kAskFleet, MakeControllerCommand},
      {"describe-filter", {"describe_filter"}, "Display human readable interpretation of filters",
       {"describe-filter -S <filter> -F <filter> -C <filter>", "describe-filter <filters> --node <node>"},
       kBasicOptions | kTargetOptions, MakeDescribeFilterCommand},
      {"facts", {}, "Reports on usage for a specific fact", {"facts [options] [filters] <fact>"},
       kBasicOptions | kOutputOptions | kTargetOptions, MakeFactsCommand},
      {"find", {"discover"}, "Find hosts using the discovery system matching filter criteria",
       {"find [options] [filters]"}, kBasicOptions | kOutputOptions | kTargetOptions, MakeFindCommand},
      {"help", {}, "Application list and help", {"help [command]", "help <plugin> [<action>]"}, kBasicOptions, MakeHelpCommand},
      {"hub", {}, "Reports on the hub itself", {"hub status [-j]"}, kBasicOptions | kOutputOptions, MakeHubCommand},
      {"inventory", {}, "General reporting tool for nodes, collectives and subcollectives",
       {"inventory <node>", "inventory --list-collectives", "inventory --collective-graph <file>"},
       kAskFleet, MakeInventoryCommand},
      {"invoke", {"rpc"}, "Invokes any action of any plugin",
       {"invoke [options] [filters] <plugin> <action> [<key=val> <key=val> ...]",
        "invoke [options] [filters] --plugin <plugin> --action <action> [--arg <key=val> --arg ...]"},
       kAskFleet, MakeInvokeCommand},
      {"package", {}, "Installs, updates, removes and reports software packages",
       {"package [options] [filters] <package> <action>", "package [options] [filters] <action> [<package>]"},
       kAskFleet, MakePackageCommand},
      {"ping", {}, "Ping all nodes", {"ping [options] [filters]"}, kAskFleet, MakePingCommand},
      {"plugin", {}, "Lists the plugins of the fleet and documents them",
       {"plugin list [-j]", "plugin doc <plugin> [-j]"}, kBasicOptions | kOutputOptions, MakePluginCommand},
      {"puppet", {}, "Runs Puppet, enables and disables it, reports its state",
       {"puppet [options] [filters] count|enable|status|summary", "puppet [options] [filters] disable [<message>]",
        "puppet [options] [filters] runonce", "puppet [options] [filters] runall <concurrency>",
        "puppet [options] [filters] resource <type> <name> [<property=val> ...]"},
       kAskFleet, MakePuppetCommand},
      {"puppetd", {}, "The same as puppet, in the words of 2011",
       {"puppetd [options] [filters] count|enable|disable|status|summary", "puppetd [options] [filters] runonce",
        "puppetd [options] [filters] runall <concurrency>"},
       kAskFleet, MakePuppetdCommand},
      {"service", {}, "Starts, stops, restarts and reports services",
       {"service [options] [filters] <service> <action>", "service [options] [filters] <action> <service>"},
       kAskFleet, MakeServiceCommand},
      {"version", {}, "Shows the version", {"version"}, kBasicOptions, MakeVersionCommand},
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

CommandInstance MakeCommand(const CommandEntry& entry, CommonOptions* options) {
  CommandInstance instance;
  instance.command = entry.make();
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
  if (!entry.aliases.empty()) absl::StrAppend(&text, "Also:  orchctl ", entry.aliases[0], "\n");
  return absl::StrCat(text, "\n", MakeCommand(entry, &options).table.Help(), "\norchctl ", kVersion, "\n");
}

std::string GeneralHelp() {
  std::string text = absl::StrCat("orchctl version ", kVersion, "\n\nusage: orchctl command <options>\n\n");
  for (const CommandEntry& entry : Commands()) absl::StrAppendFormat(&text, "  %-15s %s\n", entry.name, entry.summary);
  return absl::StrCat(text, "\nType 'orchctl help command' to get detailed help for a command\n");
}

}  // namespace orch::cli

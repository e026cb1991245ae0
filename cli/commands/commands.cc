// The table of commands.
#include <algorithm>
#include <utility>

#include "cli/commands/access_commands.h"
#include "cli/commands/audit_commands.h"
#include "cli/commands/command.h"
#include "cli/commands/job_commands.h"
#include "cli/commands/key_commands.h"
#include "cli/commands/node_commands.h"
#include "cli/commands/policy_commands.h"
#include "cli/options/option_groups.h"

namespace orch::cli {
namespace {

constexpr unsigned kAskFleet = kBasicOptions | kOutputOptions | kTargetOptions | kRunOptions;
constexpr unsigned kRunJobs = kAskFleet | kReplyOptions | kJobOptions | kInputOptions;

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

// Commands that report on the fleet and the hub.
std::vector<CommandEntry> ReportingCommands() {
  return {
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
      {"hub", {}, "Report on the hub itself", {"hub status [-j]"}, kBasicOptions | kJsonOptions, MakeHubCommand},
      {"inventory",
       {},
       "Report on one node, or on the collectives",
       {"inventory <node>", "inventory --list-collectives", "inventory --collective-graph <file>"},
       kAskFleet,
       MakeInventoryCommand},
      {"ping", {}, "Ping all nodes", {"ping [options] [filters]"}, kAskFleet, MakePingCommand},
  };
}

// Commands that run actions.
std::vector<CommandEntry> ActingCommands() {
  return {
      {"controller",
       {},
       "Control the node agents: show counters, reload plugins, stop agents",
       {"controller [options] [filters] stats | reload_agents", "controller [options] [filters] reload_agent <plugin>",
        "controller [options] [filters] reload_agent --argument <plugin>", "controller [options] [filters] exit --yes"},
       kAskFleet | kDryRunOptions,
       MakeControllerCommand},
      {"invoke",
       {"rpc"},
       "Invoke any action of any plugin",
       {"invoke [options] [filters] <plugin> <action> [<key=val> <key=val> ...]",
        "invoke [options] [filters] --plugin <plugin> --action <action> [--arg <key=val> --arg ...]"},
       kRunJobs,
       MakeInvokeCommand},
      {"package",
       {},
       "Install, update, remove and report software packages",
       {"package [options] [filters] <package> <action>", "package [options] [filters] <action> [<package>]"},
       kRunJobs,
       MakePackageCommand},
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
  };
}

// Families of commands, and commands that need no hub.
std::vector<CommandEntry> OtherCommands() {
  std::vector<CommandEntry> node_verbs = NodeVerbs();
  for (CommandEntry& verb : NodeKeyVerbs()) node_verbs.push_back(std::move(verb));
  return {
      {"approval",
       {},
       "List, show, grant and deny jobs that wait for approval",
       {"approval list|show|grant|deny"},
       kBasicOptions,
       nullptr,
       ApprovalVerbs()},
      {"login",
       {},
       "Log in with your organization's OpenID provider",
       {"login [-j]"},
       kBasicOptions | kJsonOptions,
       MakeLoginCommand},
      {"logout", {}, "End the login on this host", {"logout"}, kBasicOptions, MakeLogoutCommand},
      {"whoami",
       {},
       "Show who the hub takes you for, and your roles",
       {"whoami"},
       kBasicOptions | kJsonOptions,
       MakeWhoAmICommand},
      {"audit",
       {},
       "Show, check and export the audit log",
       {"audit tail|search|verify|export"},
       kBasicOptions,
       nullptr,
       AuditVerbs()},
      {"auth",
       {},
       "Show, replace and ban the keys of nodes and clients",
       {"auth status|ban|unban|rotate"},
       kBasicOptions,
       nullptr,
       AuthVerbs()},
      {"completion",
       {},
       "Print a completion script for bash, zsh or fish",
       {"completion bash", "completion zsh", "completion fish",
        "completion --list-agents | --list-actions | --list-inputs | --list-applications",
        "completion --complete -- <word> ..."},
       kBasicOptions,
       MakeCompletionCommand},
      {"help",
       {},
       "List the commands, or show the help of one",
       {"help [command]", "help <plugin> [<action>]"},
       kBasicOptions,
       MakeHelpCommand},
      {"job",
       {},
       "List, show, follow and control jobs",
       {"job list|show|watch|replies|cancel|pause|resume|retry-failed|prune|locks"},
       kBasicOptions,
       nullptr,
       JobVerbs()},
      {"node",
       {},
       "List, show, label and forget nodes, and say who may join the fleet",
       {"node list|show|label|forget|token|tokens|approve|ban|unban"},
       kBasicOptions,
       nullptr,
       std::move(node_verbs)},
      {"plugin",
       {},
       "List, document, generate and validate plugins",
       {"plugin list|doc|generate|validate"},
       kBasicOptions,
       nullptr,
       PluginVerbs()},
      {"policy",
       {},
       "Check, test and compare the rules of who may do what",
       {"policy diff|explain|lint|test"},
       kBasicOptions,
       nullptr,
       PolicyVerbs()},
      {"version", {}, "Show the version", {"version"}, kBasicOptions, MakeVersionCommand},
  };
}

// Returns all rows, sorted by name.
std::vector<CommandEntry> MakeTable() {
  std::vector<CommandEntry> table;
  for (std::vector<CommandEntry> part : {ReportingCommands(), ActingCommands(), OtherCommands()})
    table.insert(table.end(), part.begin(), part.end());
  std::sort(table.begin(), table.end(), [](const CommandEntry& a, const CommandEntry& b) { return a.name < b.name; });
  return table;
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

}  // namespace orch::cli

// The rows of `orchctl policy` in the table of commands.
#include "cli/commands/policy_commands.h"
#include "cli/options/option_groups.h"

namespace orch::cli {

std::vector<CommandEntry> PolicyVerbs() {
  const unsigned groups = kBasicOptions | kJsonOptions;
  return {
      {"policy diff",
       {},
       "Tell what other rules would have decided differently in the past",
       {"policy diff <access.yaml> [--since 30d] [-j]"},
       groups,
       MakePolicyDiffCommand},
      {"policy explain",
       {},
       "Show the rules that speak of a request, in order, and what they decide",
       {"policy explain [<file>] --action <plugin.action> [--caller <caller>] [--node <node>] [-j]"},
       groups,
       MakePolicyExplainCommand},
      {"policy lint",
       {},
       "Check access.yaml and policy files here, or the rules in force on the hub",
       {"policy lint [<file|dir> ...] [-j]", "policy lint --hub [-j]"},
       groups,
       MakePolicyLintCommand},
      {"policy test",
       {},
       "Say whether a caller may do something, and which line decides",
       {"policy test [<file|dir>] --caller <caller> --action <plugin.action> [--input <k=v>] [--node <node>] [-j]",
        "policy test <file> --caller <caller> --verb read --label <k=v> --fact <k=v> --class <class>"},
       groups,
       MakePolicyTestCommand},
  };
}

}  // namespace orch::cli

// A command: its options, and one run. A new object for each run; the table of all commands is in
// commands.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/option_table.h"
#include "cli/options/next_word.h"
#include "cli/session/context.h"

namespace orch::cli {

class Command {
 public:
  virtual ~Command() = default;
  // Adds the options of its own, bound to its fields.
  virtual void DeclareOptions(OptionTable* table) { (void)table; }
  // `words`: the arguments that are no options. Returns the exit code.
  virtual absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) = 0;
  // For completion: what may follow these words.
  virtual NextWord Next(const std::vector<std::string>& words) const {
    (void)words;
    return {};
  }
};

struct CommandEntry {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;
  std::vector<std::string> usage;  // after "orchctl "
  unsigned groups = 0;             // OptionGroups it takes
  std::unique_ptr<Command> (*make)() = nullptr;
  // A family ("job") does nothing itself: its next word names one of these ("job list").
  std::vector<CommandEntry> verbs = {};
};

// By name; written out in commands.cc.
const std::vector<CommandEntry>& Commands();
const CommandEntry* CommandNamed(absl::string_view name);  // aliases too; null when there is none
// As CommandNamed; for a family the verb that `words` name, which is taken out of them, or the
// family itself when they name none.
const CommandEntry* ResolveCommand(absl::string_view name, std::vector<std::string>* words);

// A command ready to parse its words; the table holds the common options too.
struct CommandInstance {
  std::unique_ptr<Command> command;
  OptionTable table;
  std::function<std::string(const OptionTable&)> help;
};
CommandInstance MakeCommand(const CommandEntry& entry, CommonOptions* options);

std::string CommandHelp(const CommandEntry& entry);
std::string GeneralHelp();

std::unique_ptr<Command> MakeCompletionCommand();
std::unique_ptr<Command> MakeControllerCommand();
std::unique_ptr<Command> MakeDescribeFilterCommand();
std::unique_ptr<Command> MakeFactsCommand();
std::unique_ptr<Command> MakeFindCommand();
std::unique_ptr<Command> MakeHelpCommand();
std::unique_ptr<Command> MakeHubCommand();
std::unique_ptr<Command> MakeInventoryCommand();
std::unique_ptr<Command> MakeInvokeCommand();
std::unique_ptr<Command> MakePackageCommand();
std::unique_ptr<Command> MakePingCommand();
std::unique_ptr<Command> MakePluginDocCommand();
std::unique_ptr<Command> MakePluginGenerateCommand();
std::unique_ptr<Command> MakePluginListCommand();
std::unique_ptr<Command> MakePluginValidateCommand();
std::unique_ptr<Command> MakePuppetCommand();
std::unique_ptr<Command> MakePuppetdCommand();
std::unique_ptr<Command> MakeServiceCommand();
std::unique_ptr<Command> MakeVersionCommand();

}  // namespace orch::cli

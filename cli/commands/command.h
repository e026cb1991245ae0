// The interface of a command, and the table of all commands, which is written out in commands.cc.
// Each run has a new Command object, which the caller of MakeCommand owns; one thread.
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
  // Adds the command's own options to `table`, bound to the command's fields.
  virtual void DeclareOptions(OptionTable* table) { (void)table; }
  // Runs the command and returns the exit code. `words` are the arguments that are no options.
  virtual absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) = 0;
  // Returns what may follow these words, for completion.
  virtual NextWord Next(const std::vector<std::string>& words) const {
    (void)words;
    return {};
  }
};

// A row of the table of commands.
struct CommandEntry {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;
  std::vector<std::string> usage;  // the lines after "orchctl "
  unsigned groups = 0;             // the OptionGroups that the command takes
  std::unique_ptr<Command> (*make)() = nullptr;
  // The commands of a family such as "job", which does nothing itself: its next word names one of
  // these ("job list").
  std::vector<CommandEntry> verbs = {};
};

// Returns all commands, sorted by name.
const std::vector<CommandEntry>& Commands();
const CommandEntry* CommandNamed(absl::string_view name);  // by name or alias; null if there is none
// As CommandNamed. For a family it returns the verb that `words` name and removes it from them, or
// the family itself if they name none.
const CommandEntry* ResolveCommand(absl::string_view name, std::vector<std::string>* words);

// A command that is ready to parse its words. The table contains the common options too, which are
// bound to `options`.
struct CommandInstance {
  std::unique_ptr<Command> command;
  OptionTable table;
  std::function<std::string(const OptionTable&)> help;
};
// Makes the command of a row, or one that reports the missing verb if the row is a family.
CommandInstance MakeCommand(const CommandEntry& entry, CommonOptions* options);

// Return the help screens of a command and of orchctl.
std::string CommandHelp(const CommandEntry& entry);
std::string GeneralHelp();

// The commands without a header of their own; each is written in the source of its name.
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

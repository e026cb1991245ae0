#include "cli/commands/command.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/nearest_word.h"
#include "base/version.h"
#include "cli/commands/examples.h"
#include "cli/options/option_groups.h"

namespace orch::cli {
namespace {

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

}  // namespace

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

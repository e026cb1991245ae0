#include "cli/completion/complete.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/commands/command.h"
#include "cli/commands/input_options.h"
#include "cli/commands/typed_command.h"
#include "cli/completion/candidate_source.h"
#include "cli/options/option_groups.h"

namespace orch::cli {
namespace {

void Append(std::vector<Candidate> more, Candidates* found) {
  for (Candidate& candidate : more) found->list.push_back(std::move(candidate));
}

void AppendWords(const std::vector<std::string>& words, const std::string& before, Candidates* found) {
  for (const std::string& word : words) found->list.push_back({absl::StrCat(before, word), ""});
}

void AppendOptions(const OptionTable& table, Candidates* found) {
  for (const OptionSpec& spec : table.specs()) {
    for (const std::string& name : spec.names) found->list.push_back({name, spec.help});
  }
}

// Returns the option whose value must follow these words, or null.
const OptionSpec* OpenOption(const OptionTable& table, const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size();) {
    const size_t count = table.WordsOfOption(words, i);
    if (count == 1 && i + 1 == words.size()) {
      const OptionSpec* spec = table.Find(words[i]);
      return spec == nullptr || spec->value.empty() || spec->value_optional ? nullptr : spec;
    }
    i += std::max<size_t>(1, count);
  }
  return nullptr;
}

std::vector<std::string> Positional(const OptionTable& table, const std::vector<std::string>& words) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < words.size();) {
    const size_t count = table.WordsOfOption(words, i);
    if (count == 0 && !absl::StartsWith(words[i], "-")) rest.push_back(words[i]);
    i += std::max<size_t>(1, count);
  }
  return rest;
}

// Chooses the candidates by the placeholder that the help shows too. `before` is "--name=" if the value is attached.
void AppendValues(const OptionSpec& spec, const std::string& before, const std::string& typed, CandidateSource* source,
                  Candidates* found) {
  AppendWords(spec.choices, before, found);
  if (spec.value == "yes|no") AppendWords({"yes", "no"}, before, found);
  std::vector<Candidate> values;
  if (spec.value == "FILE" || spec.value == "DIR") found->files = true;
  if (spec.value == "IDENT" || spec.value == "NODE") values = source->Nodes(typed);
  if (spec.value == "COLLECTIVE") values = source->Collectives();
  if (spec.value == "PLUGIN") values = source->Plugins();
  if (spec.value == "FACT") values = source->FactNames();
  if (spec.value == "fact=val") values = source->FactTests(typed);
  if (spec.value == "CLASS") values = source->Classes();
  if (spec.value == "FILTER") {  // -W and -S: a word is a class or a comparison
    values = source->FactTests(typed);
    for (Candidate& one : source->Classes()) values.push_back(std::move(one));
  }
  for (Candidate& value : values) value.word.insert(0, before);
  Append(std::move(values), found);
}

void AppendNext(const NextWord& next, const std::string& typed, CandidateSource* source, Candidates* found) {
  switch (next.kind) {
    case NextWord::kNothing:
      return;
    case NextWord::kWords:
      return AppendWords(next.words, "", found);
    case NextWord::kPlugins:
      return Append(source->Plugins(), found);
    case NextWord::kActions:
      return Append(source->Actions(next.plugin), found);
    case NextWord::kInputs:
      if (!next.action.empty()) return Append(source->Inputs(next.plugin, next.action, typed), found);
      for (const std::string& action : next.words) Append(source->Inputs(next.plugin, action, typed), found);
      return;
    case NextWord::kNodes:
      return Append(source->Nodes(typed), found);
    case NextWord::kFacts:
      return Append(source->FactNames(), found);
    case NextWord::kJobs:
      return Append(source->Jobs(), found);
    case NextWord::kFiles:
      found->files = true;
      return;
  }
}

void AppendWithTable(const CommandInstance& instance, const std::vector<std::string>& before, const std::string& typed,
                     CandidateSource* source, Candidates* found) {
  const OptionSpec* open = OpenOption(instance.table, before);
  if (open != nullptr && open->value == "KEY=VAL" &&
      instance.command != nullptr) {  // an input that is given as an option
    const NextWord next = instance.command->Next(Positional(instance.table, before));
    if (next.kind == NextWord::kInputs) AppendNext(next, typed, source, found);
    return;
  }
  if (open != nullptr) return AppendValues(*open, "", typed, source, found);
  const size_t equals = typed.find('=');
  if (absl::StartsWith(typed, "--") && equals != std::string::npos) {
    const OptionSpec* spec = instance.table.Find(typed.substr(0, equals));
    if (spec != nullptr && !spec->value.empty())
      AppendValues(*spec, typed.substr(0, equals + 1), typed.substr(equals + 1), source, found);
    return;
  }
  if (absl::StartsWith(typed, "-")) return AppendOptions(instance.table, found);
  if (instance.command != nullptr)
    AppendNext(instance.command->Next(Positional(instance.table, before)), typed, source, found);
}

// Takes -c and --hub of the line, which choose the hub. Errors in the line do not matter here.
void TakeHubOptions(const std::vector<std::string>& words, CommonOptions* options) {
  OptionTable basic;
  AddCommonOptions(kBasicOptions, options, &basic);
  basic.Parse(basic.OnlyOptions(words)).status().IgnoreError();
}

void AppendCommands(CandidateSource* source, Candidates* found) {
  for (const CommandEntry& entry : Commands()) {
    found->list.push_back({entry.name, entry.summary});
    for (const std::string& alias : entry.aliases) found->list.push_back({alias, entry.summary});
  }
  Append(source->Plugins(), found);
}

void AppendCandidates(Context* context, std::vector<std::string> before, const std::string& typed, Candidates* found) {
  CandidateSource source(context);
  TakeHubOptions(before, &context->options());
  CommonOptions ignored;
  CommandInstance instance;
  AddCommonOptions(kTypedGroups, &ignored, &instance.table);
  size_t place = 0;
  while (place < before.size() && absl::StartsWith(before[place], "-") && before[place].size() > 1)
    place += std::max<size_t>(1, instance.table.WordsOfOption(before, place));
  if (place >= before.size()) {
    if (OpenOption(instance.table, before) == nullptr && !absl::StartsWith(typed, "-"))
      return AppendCommands(&source, found);
    return AppendWithTable(instance, before, typed, &source, found);
  }
  const std::string name = before[place];
  before.erase(before.begin() + static_cast<std::ptrdiff_t>(place));
  const CommandEntry* entry = ResolveCommand(name, &before);
  if (entry != nullptr) return AppendWithTable(MakeCommand(*entry, &ignored), before, typed, &source, found);
  context->set_hub_patience(kCompletionPatience);
  absl::StatusOr<CommandInstance> typed_command = MakeTypedCommand(context, name, {}, &before);
  if (typed_command.ok()) AppendWithTable(*typed_command, before, typed, &source, found);
}

}  // namespace

Candidates Complete(Context* context, const std::vector<std::string>& words) {
  Candidates found;
  const std::string typed = words.empty() ? "" : words.back();
  std::vector<std::string> before = words;
  if (!before.empty()) before.pop_back();
  AppendCandidates(context, std::move(before), typed, &found);
  std::set<std::string> seen;
  std::vector<Candidate> fitting;
  for (Candidate& candidate : found.list) {
    // The shell would split or change a word with blanks or quotes.
    const bool plain = candidate.word.find_first_of(" '\"\\$`;&|()*?[]{}") == std::string::npos &&
                       Printable(candidate.word) == candidate.word;
    if (plain && absl::StartsWith(candidate.word, typed) && seen.insert(candidate.word).second)
      fitting.push_back({candidate.word, Printable(absl::StrReplaceAll(candidate.help, {{"\n", " "}, {"\t", " "}}))});
  }
  std::sort(fitting.begin(), fitting.end(), [](const Candidate& a, const Candidate& b) { return a.word < b.word; });
  if (fitting.size() > kMaxCandidates) fitting.resize(kMaxCandidates);
  found.list = std::move(fitting);
  return found;
}

}  // namespace orch::cli

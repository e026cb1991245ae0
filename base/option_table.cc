#include "base/option_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr size_t kNameColumn = 34;  // column at which MCollective's help begins its explanations

// One option with its explanation.
std::string HelpOf(const OptionSpec& spec) {
  std::string line = absl::StrJoin(spec.names, ", ");
  if (!spec.value.empty())
    absl::StrAppend(&line, spec.value_optional ? absl::StrCat("[=", spec.value, "]") : absl::StrCat(" ", spec.value));
  line.insert(0, absl::StartsWith(line, "--") ? "        " : "    ");
  if (line.size() + 1 > kNameColumn + 3) {
    absl::StrAppend(&line, "\n", std::string(kNameColumn + 3, ' '));
  } else {
    line.resize(kNameColumn + 3, ' ');
  }
  return absl::StrCat(line, spec.help, "\n");
}

}  // namespace

absl::Status NoneOf(absl::string_view text, const std::vector<std::string>& names) {
  return WrongOption(absl::StrCat("'", text, "' is none of ", absl::StrJoin(names, ", ")));
}

void OptionTable::Add(OptionSpec spec) {
  const auto taken = [this](const std::string& name) { return Find(name) != nullptr; };
  spec.names.erase(std::remove_if(spec.names.begin(), spec.names.end(), taken), spec.names.end());
  if (!spec.names.empty()) specs_.push_back(std::move(spec));
}

void OptionTable::Flag(std::vector<std::string> names, std::string help, std::string group, bool* target) {
  Add({std::move(names), "", std::move(help), std::move(group), {}, false, [target](const std::string&) {
         *target = true;
         return absl::OkStatus();
       }});
}

void OptionTable::Text(std::vector<std::string> names, std::string value, std::string help, std::string group,
                       std::string* target) {
  Add({std::move(names),
       std::move(value),
       std::move(help),
       std::move(group),
       {},
       false,
       [target](const std::string& text) {
         if (text.empty()) return WrongOption("its value is empty");
         *target = text;
         return absl::OkStatus();
       }});
}

void OptionTable::Switch(const std::string& name, std::string help_on, std::string help_off, std::string group,
                         std::optional<bool>* target) {
  for (const bool on : {true, false}) {
    Add({{absl::StrCat(on ? "--" : "--no-", name)},
         "",
         on ? help_on : help_off,
         group,
         {},
         false,
         [target, on](const std::string&) {
           *target = on;
           return absl::OkStatus();
         }});
  }
}

void OptionTable::Texts(std::vector<std::string> names, std::string value, std::string help, std::string group,
                        std::vector<std::string>* target) {
  Add({std::move(names),
       std::move(value),
       std::move(help),
       std::move(group),
       {},
       false,
       [target](const std::string& text) {
         target->push_back(text);
         return absl::OkStatus();
       }});
}

void OptionTable::Number(std::vector<std::string> names, std::string value, std::string help, std::string group,
                         uint32_t* target, uint32_t most) {
  Add({std::move(names),
       std::move(value),
       std::move(help),
       std::move(group),
       {},
       false,
       [target, most](const std::string& text) {
         uint32_t number = 0;
         if (!absl::SimpleAtoi(text, &number) || number == 0 || number > most) {
           const bool bounded = most < std::numeric_limits<uint32_t>::max();
           return WrongOption(absl::StrCat("'", text, "' is no whole number ",
                                           bounded ? absl::StrCat("from 1 to ", most) : "above 0"));
         }
         *target = number;
         return absl::OkStatus();
       }});
}

const OptionSpec* OptionTable::Find(absl::string_view name) const {
  for (const OptionSpec& spec : specs_) {
    if (std::find(spec.names.begin(), spec.names.end(), name) != spec.names.end()) return &spec;
  }
  return nullptr;
}

absl::Status OptionTable::Unknown(absl::string_view name) const {
  std::vector<std::string> known;
  for (const OptionSpec& spec : specs_) known.insert(known.end(), spec.names.begin(), spec.names.end());
  const std::string nearest = absl::StartsWith(name, "--") ? NearestWord(name, known) : "";
  return WrongOption(absl::StrCat("unknown option ", name,
                                  nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"),
                                  nearest.empty() ? "; --help lists the options" : ""));
}

absl::Status OptionTable::Apply(const OptionSpec& spec, absl::string_view name, const std::string& value) const {
  const absl::Status status = spec.apply(value);
  if (status.ok()) return status;
  return WrongOption(absl::StrCat("option ", name, ": ", status.message()));
}

absl::Status OptionTable::ParseLong(const std::vector<std::string>& words, size_t* index) const {
  const std::string& word = words[*index];
  const size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const bool has_value = equals != std::string::npos;
  const OptionSpec* spec = Find(name);
  if (spec == nullptr) return Unknown(name);
  if (spec->value.empty() && has_value) return WrongOption(absl::StrCat("option ", name, " takes no value"));
  if (has_value) return Apply(*spec, name, word.substr(equals + 1));
  if (spec->value.empty() || spec->value_optional) return Apply(*spec, name, "");
  if (*index + 1 >= words.size())
    return WrongOption(absl::StrCat("option ", name, " needs a value: ", name, " ", spec->value));
  return Apply(*spec, name, words[++*index]);
}

absl::Status OptionTable::ParseShort(const std::vector<std::string>& words, size_t* index) const {
  const std::string& word = words[*index];
  for (size_t i = 1; i < word.size(); ++i) {
    const std::string name = {'-', word[i]};
    const OptionSpec* spec = Find(name);
    if (spec == nullptr) return Unknown(i == 1 ? word : name);
    if (spec->value.empty() || spec->value_optional) {
      ORCH_RETURN_IF_ERROR(Apply(*spec, name, ""));
      continue;
    }
    if (i + 1 < word.size()) return Apply(*spec, name, word.substr(i + 1));
    if (*index + 1 >= words.size())
      return WrongOption(absl::StrCat("option ", name, " needs a value: ", name, " ", spec->value));
    return Apply(*spec, name, words[++*index]);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> OptionTable::Parse(const std::vector<std::string>& words) const {
  std::vector<std::string> rest;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      rest.insert(rest.end(), words.begin() + i + 1, words.end());
      break;
    }
    if (absl::StartsWith(word, "--")) {
      ORCH_RETURN_IF_ERROR(ParseLong(words, &i));
    } else if (word.size() > 1 && word[0] == '-') {
      ORCH_RETURN_IF_ERROR(ParseShort(words, &i));
    } else {
      rest.push_back(word);
    }
  }
  return rest;
}

size_t OptionTable::WordsOfOption(const std::vector<std::string>& words, size_t index) const {
  const std::string& word = words[index];
  if (word.size() < 2 || word[0] != '-') return 0;
  const bool is_long = word[1] == '-';
  const OptionSpec* spec = Find(is_long ? word.substr(0, word.find('=')) : word.substr(0, 2));
  if (spec == nullptr) return 0;
  if (spec->value.empty() || spec->value_optional) return 1;
  const bool attached = is_long ? absl::StrContains(word, "=") : word.size() > 2;
  return attached ? 1 : std::min<size_t>(2, words.size() - index);
}

std::vector<std::string> OptionTable::OnlyOptions(const std::vector<std::string>& words) const {
  std::vector<std::string> options;
  for (size_t i = 0; i < words.size();) {
    const size_t count = WordsOfOption(words, i);
    options.insert(options.end(), words.begin() + i, words.begin() + i + count);
    i += std::max<size_t>(1, count);
  }
  return options;
}

std::string OptionTable::Help() const {
  std::vector<std::string> groups;
  for (const OptionSpec& spec : specs_) {
    if (!spec.help.empty() && std::find(groups.begin(), groups.end(), spec.group) == groups.end())
      groups.push_back(spec.group);
  }
  std::string text;
  for (const std::string& group : groups) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", group, "\n");
    for (const OptionSpec& spec : specs_) {
      if (spec.group == group && !spec.help.empty()) text += HelpOf(spec);
    }
  }
  return text;
}

}  // namespace orch

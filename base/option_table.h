// The options of a command line in one table, which parses, checks, prints the help and feeds
// completion. It accepts getopt's spellings: -x VALUE, -xVALUE, --name VALUE, --name=VALUE, and -ab
// for several flags; -- ends the options. Every error names the option and the remedy
// (docs/decisions/0008-option-parser.md). A table belongs to the run of one command, is used by one
// thread, and never prints or exits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// One of the values that an option accepts, as it is written and what it means.
template <typename T>
struct OptionChoice {
  const char* name;
  T value;
};

// The error of an option's `apply`. `message` says what is wrong with the value; the table adds the
// option's name.
inline absl::Status WrongOption(absl::string_view message) { return absl::InvalidArgumentError(message); }

// InvalidArgument: `text` is none of `names`, which the error lists.
absl::Status NoneOf(absl::string_view text, const std::vector<std::string>& names);

template <typename T, size_t kCount>
std::vector<std::string> NamesOf(const OptionChoice<T> (&choices)[kCount]) {
  std::vector<std::string> names;
  for (const OptionChoice<T>& choice : choices) names.emplace_back(choice.name);
  return names;
}

template <typename T, size_t kCount>
absl::StatusOr<T> ParseChoice(absl::string_view text, const OptionChoice<T> (&choices)[kCount]) {
  for (const OptionChoice<T>& choice : choices) {
    if (text == choice.name) return choice.value;
  }
  return NoneOf(text, NamesOf(choices));
}

struct OptionSpec {
  std::vector<std::string> names;  // "-F", "--with-fact", "--wf"; the first long one is the option's name
  std::string value;               // placeholder in the help, "EXPR"; empty: a flag
  std::string help;                // empty: the option is not listed
  std::string group;
  std::vector<std::string> choices;  // for completion only
  bool value_optional = false;       // a value only as --name=value
  // Takes the value, which is "" for a flag and for an absent optional value. An error need not
  // name the option.
  std::function<absl::Status(const std::string& value)> apply;
};

class OptionTable {
 public:
  // Adds an option without those of its names that the table has already, and drops an option that
  // has no name left.
  void Add(OptionSpec spec);
  void Flag(std::vector<std::string> names, std::string help, std::string group, bool* target);
  void Text(std::vector<std::string> names, std::string value, std::string help, std::string group,
            std::string* target);
  // A pair of flags, --NAME and --no-NAME, that sets `target` to true or false.
  void Switch(const std::string& name, std::string help_on, std::string help_off, std::string group,
              std::optional<bool>* target);
  // A text that may be given several times.
  void Texts(std::vector<std::string> names, std::string value, std::string help, std::string group,
             std::vector<std::string>* target);
  // A value that `parse` turns into a StatusOr<T>.
  template <typename T, typename Parse>
  void Value(std::vector<std::string> names, std::string value, std::string help, std::string group, T* target,
             Parse parse, std::vector<std::string> choices = {}) {
    Add({std::move(names), std::move(value), std::move(help), std::move(group), std::move(choices), false,
         [target, parse](const std::string& text) -> absl::Status {
           auto parsed = parse(text);
           if (!parsed.ok()) return parsed.status();
           *target = *std::move(parsed);
           return absl::OkStatus();
         }});
  }
  // A whole number from 1 to `most`.
  void Number(std::vector<std::string> names, std::string value, std::string help, std::string group, uint32_t* target,
              uint32_t most = std::numeric_limits<uint32_t>::max());

  // Applies the options and returns the other words in order. InvalidArgument names the option and,
  // if the option is unknown, the nearest known one.
  absl::StatusOr<std::vector<std::string>> Parse(const std::vector<std::string>& words) const;

  // How many words the option at `index` takes with its value: 1 or 2, and 0 if there is no option
  // of this table.
  size_t WordsOfOption(const std::vector<std::string>& words, size_t index) const;

  // Returns those of `words` that are options of this table or their values.
  std::vector<std::string> OnlyOptions(const std::vector<std::string>& words) const;

  // Returns the help of all options by group, in the layout of MCollective's help screens.
  std::string Help() const;
  const std::vector<OptionSpec>& specs() const { return specs_; }

  // Finds an option by one of its names, such as "-F" or "--with-fact"; returns null if there is
  // none.
  const OptionSpec* Find(absl::string_view name) const;

 private:
  absl::Status Unknown(absl::string_view name) const;
  absl::Status Apply(const OptionSpec& spec, absl::string_view name, const std::string& value) const;
  absl::Status ParseLong(const std::vector<std::string>& words, size_t* index) const;
  absl::Status ParseShort(const std::vector<std::string>& words, size_t* index) const;

  std::vector<OptionSpec> specs_;
};

}  // namespace orch

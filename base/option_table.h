// A command's options: one table that parses, checks, helps and completes. Spellings as getopt:
// -x VALUE, -xVALUE, --name VALUE, --name=VALUE, -ab for flags, -- ends options. Written here and
// not taken from CLI11 because every error must name the option and the fix, an empty value must
// stay an empty value, and the completion scripts read the same table (decision record).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

// What was typed cannot be taken: names the option and the remedy.
inline absl::Status Wrong(absl::string_view message) { return absl::InvalidArgumentError(message); }

struct OptionSpec {
  std::vector<std::string> names;  // "-F", "--with-fact", "--wf"; the first long one is the option's name
  std::string value;               // placeholder in the help, "EXPR"; empty: a flag
  std::string help;                // empty: not listed; for spellings of another system that only explain
  std::string group;
  std::vector<std::string> choices;  // for completion only
  bool value_optional = false;       // a value only as --name=value
  // The value ("" for a flag or an absent optional value). The error needs no option name.
  std::function<absl::Status(const std::string& value)> apply;
};

// Not thread-safe.
class OptionTable {
 public:
  // A name that is there already stays with the option that has it; one that is left without a name is dropped.
  void Add(OptionSpec spec);
  void Flag(std::vector<std::string> names, std::string help, std::string group, bool* target);
  void Text(std::vector<std::string> names, std::string value, std::string help, std::string group,
            std::string* target);

  // The words that are no options, in order. InvalidArgument names the option and, for an unknown
  // one, the nearest known.
  absl::StatusOr<std::vector<std::string>> Parse(const std::vector<std::string>& words) const;

  // Number of words at `index` that belong to the option there (1 or 2); 0 when it is not one.
  size_t WordsOfOption(const std::vector<std::string>& words, size_t index) const;

  // The options of this table among the words, each with its value; all else is left out.
  std::vector<std::string> OnlyOptions(const std::vector<std::string>& words) const;

  // Grouped, in the shape of MCollective's help screens.
  std::string Help() const;
  const std::vector<OptionSpec>& specs() const { return specs_; }

  const OptionSpec* Find(absl::string_view name) const;  // "-F", "--with-fact"; null when there is none

 private:
  absl::Status Unknown(absl::string_view name) const;
  absl::Status Apply(const OptionSpec& spec, absl::string_view name, const std::string& value) const;
  absl::Status ParseLong(const std::vector<std::string>& words, size_t* index) const;
  absl::Status ParseShort(const std::vector<std::string>& words, size_t* index) const;

  std::vector<OptionSpec> specs_;
};

}  // namespace orch

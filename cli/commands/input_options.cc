#include "cli/commands/input_options.h"

#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/foreign_text.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {
namespace {

const std::set<std::string>& CommonNames() {
  static const auto* const names = [] {
    auto* found = new std::set<std::string>();
    CommonOptions ignored;
    OptionTable table;
    AddCommonOptions(kTypedGroups, &ignored, &table);
    for (const OptionSpec& spec : table.specs()) found->insert(spec.names.begin(), spec.names.end());
    return found;
  }();
  return *names;
}

}  // namespace

std::string InputOptionName(const ddl::Input& input) {
  const std::string name = absl::StrCat("--", input.name);
  return CommonNames().count(name) > 0 ? absl::StrCat("--input-", input.name) : name;
}

void AddInputOptions(const ddl::Action& action, OptionTable* table, Arguments* arguments) {
  const std::string group = "Inputs";
  const auto take = [arguments](const std::string& input, const std::string& absent) {
    return [arguments, input, absent](const std::string& text) {
      arguments->emplace_back(input, text.empty() ? absent : text);
      return absl::OkStatus();
    };
  };
  for (const ddl::Input& input : action.inputs) {
    OptionSpec spec{{InputOptionName(input)}, absl::AsciiStrToUpper(input.name), InputHelp(input), group, {}, false,
                    take(input.name, "")};
    if (absl::StrContains(input.name, "_"))
      spec.names.push_back(absl::StrCat("--", absl::StrReplaceAll(spec.names[0].substr(2), {{"_", "-"}})));
    spec.choices = InputValues(input);
    if (input.type == ddl::InputType::kBoolean) {
      spec.value = "yes|no";
      spec.value_optional = true;
      spec.apply = take(input.name, "true");
      OptionSpec no{{absl::StrCat("--no-", spec.names[0].substr(2))},
                    "",
                    absl::StrCat("The opposite of ", spec.names[0]),
                    group,
                    {},
                    false,
                    take(input.name, "false")};
      table->Add(std::move(spec));
      if (CommonNames().count(no.names[0]) == 0 && action.FindInput(no.names[0].substr(2)) == nullptr)
        table->Add(std::move(no));
      continue;
    }
    table->Add(std::move(spec));
  }
}

std::vector<std::string> InputValues(const ddl::Input& input) {
  std::vector<std::string> values;
  if (input.sensitive) return values;
  for (const Json& value : input.list) values.push_back(DisplayValue(value));
  const bool plain = input.default_value.has_value() && !input.default_value->is_structured() &&
                     !input.default_value->is_null() && input.type != ddl::InputType::kBoolean;
  if (plain) values.push_back(DisplayValue(*input.default_value));
  return values;
}

std::string InputHelp(const ddl::Input& input) {
  std::string text = Printable(input.description.empty() ? input.prompt : input.description);
  if (!input.list.empty()) {
    std::vector<std::string> values;
    for (const Json& value : input.list) values.push_back(DisplayValue(value));
    absl::StrAppend(&text, " (one of ", absl::StrJoin(values, ", "), ")");
  }
  if (input.sensitive) text += " (sensitive: @FILE reads it from a file, @- from standard input)";
  if (input.type == ddl::InputType::kHash) text += " (a JSON object)";
  if (input.type == ddl::InputType::kArray) text += " (a JSON array)";
  if (input.default_value.has_value()) {
    absl::StrAppend(&text, " (default ", input.sensitive ? "***" : InlineValue(*input.default_value), ")");
  } else if (!input.optional) {
    text += " (required)";
  }
  return text;
}

}  // namespace orch::cli

#include "cli/views/plugin_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/terminal/style.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {
namespace {

const char* TypeName(ddl::InputType type) {
  switch (type) {
    case ddl::InputType::kString:
      return "string";
    case ddl::InputType::kList:
      return "list";
    case ddl::InputType::kBoolean:
      return "boolean";
    case ddl::InputType::kInteger:
      return "integer";
    case ddl::InputType::kFloat:
      return "float";
    case ddl::InputType::kNumber:
      return "number";
    case ddl::InputType::kHash:
      return "hash";
    case ddl::InputType::kArray:
      return "array";
  }
  return "unknown";
}

std::string LabelLine(const char* label, absl::string_view value) {
  return absl::StrFormat("%25s: %s\n", label, Printable(value));
}

std::string InputText(const ddl::Input& input) {
  std::string text = absl::StrCat("           ", input.name, ":\n", LabelLine("Description", input.description),
                                  LabelLine("Prompt", input.prompt), LabelLine("Type", TypeName(input.type)),
                                  LabelLine("Optional", input.optional ? "true" : "false"));
  if (!input.validation.empty()) text += LabelLine("Validation", input.validation);
  if (input.max_length > 0) text += LabelLine("Length", absl::StrCat(input.max_length));
  if (!input.list.empty()) {
    std::vector<std::string> values;
    for (const Json& value : input.list) values.push_back(DisplayValue(value));
    text += LabelLine("Valid Values", absl::StrJoin(values, ", "));
  }
  if (input.default_value.has_value()) text += LabelLine("Default Value", InlineValue(*input.default_value));
  if (input.sensitive) text += LabelLine("Sensitive", "true");
  return absl::StrCat(text, "\n");
}

std::string OutputText(const ddl::Output& output) {
  std::string text = absl::StrCat("           ", output.name, ":\n", LabelLine("Description", output.description),
                                  LabelLine("Display As", output.display_as.empty() ? output.name : output.display_as));
  if (output.default_value.has_value()) text += LabelLine("Default Value", InlineValue(*output.default_value));
  return absl::StrCat(text, "\n");
}

std::string ActionText(const ddl::Plugin& plugin, const ddl::Action& action) {
  const std::string heading = absl::StrCat(action.name, " action:");
  std::string text = absl::StrCat("   ", heading, "\n   ", std::string(heading.size(), '-'), "\n       ",
                                  PrintableBlock(action.description, 7), "\n\n");
  absl::StrAppend(&text, "       Impact: ", action.impact == ddl::Impact::kRead ? "read" : "change",
                  "  Timeout: ", absl::FormatDuration(plugin.TimeoutOf(action)),
                  action.additional_inputs ? "  Takes further inputs" : "", "\n\n       INPUT:\n");
  if (action.inputs.empty()) text += "          This action does not have any inputs\n\n";
  for (const ddl::Input& input : action.inputs) text += InputText(input);
  text += "       OUTPUT:\n";
  if (action.outputs.empty()) text += "          This action does not have any outputs\n\n";
  for (const ddl::Output& output : action.outputs) text += OutputText(output);
  if (!action.aggregates.empty()) {
    text += "       SUMMARY:\n";
    for (const ddl::Aggregate& aggregate : action.aggregates) {
      absl::StrAppend(&text, "           ", Printable(aggregate.function), " of ", Printable(aggregate.output), "\n");
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string PluginText(const ddl::Plugin& plugin) {
  std::vector<std::string> names;
  for (const auto& [name, action] : plugin.actions) names.push_back(name);
  std::string text = absl::StrCat(plugin.name, "\n", std::string(plugin.name.size(), '='), "\n\n",
                                  PrintableBlock(plugin.description, 2), "\n\n");
  const auto line = [&text](const char* label, absl::string_view value) {
    absl::StrAppendFormat(&text, "%12s: %s\n", label, Printable(value));
  };
  line("Author", plugin.author);
  line("Version", plugin.version);
  line("License", plugin.license);
  line("Timeout", absl::StrCat(absl::ToInt64Seconds(plugin.timeout)));
  line("Home Page", plugin.url);
  absl::StrAppend(&text, "\nACTIONS:\n========\n   ", absl::StrJoin(names, ", "), "\n\n");
  for (const auto& [name, action] : plugin.actions) text += ActionText(plugin, action);
  return text;
}

}  // namespace orch::cli

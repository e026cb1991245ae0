#include "cli/commands/typed_help.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/version.h"
#include "cli/commands/typed_command.h"
#include "cli/terminal/style.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {

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

std::string TypedPluginHelp(const ddl::Plugin& plugin, const OptionTable& table) {
  std::string text = absl::StrCat("\n", PrintableBlock(plugin.description, 2), "\n\nUsage: orchctl ", plugin.name,
                                  " [options] [filters] <action> [inputs]\n\nActions\n");
  for (const auto& [name, action] : plugin.actions)
    absl::StrAppendFormat(&text, "    %-32s %s\n", name, Printable(action.description));
  return absl::StrCat(text, "\n'orchctl ", plugin.name, " <action> --help' lists an action's inputs\n\n", table.Help(),
                      "\n", plugin.name, " ", Printable(plugin.version), ", orchctl ", kVersion, "\n");
}

std::string TypedActionHelp(const ddl::Plugin& plugin, const ddl::Action& action, const OptionTable& table) {
  std::string usage;
  for (const ddl::Input& input : action.inputs) {
    if (!input.optional && !input.default_value.has_value())
      absl::StrAppend(&usage, " ", InputOptionName(input), input.type == ddl::InputType::kBoolean ? "" : " VALUE");
  }
  return absl::StrCat("\n", PrintableBlock(action.description, 2), "\n\nUsage: orchctl ", plugin.name, " ", action.name,
                      " [options] [filters]", usage, "\n       orchctl ", plugin.name, " ", action.name,
                      " [options] [filters] [<key=val> ...]\n\n", table.Help(), "\n", plugin.name, " ",
                      Printable(plugin.version), ", orchctl ", kVersion, "\n");
}

}  // namespace orch::cli

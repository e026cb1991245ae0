#include "cli/commands/typed_help.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/version.h"
#include "cli/commands/examples.h"
#include "cli/commands/input_options.h"
#include "cli/terminal/style.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {

std::string TypedPluginHelp(const ddl::Plugin& plugin, const OptionTable& table) {
  std::string text = absl::StrCat("\n", PrintableBlock(plugin.description, 2), "\n\nUsage: orchctl ", plugin.name,
                                  " [options] [filters] <action> [inputs]\n\nActions\n");
  for (const auto& [name, action] : plugin.actions)
    absl::StrAppendFormat(&text, "    %-32s %s\n", name, Printable(action.description));
  const std::string first = plugin.actions.empty() ? "ACTION" : plugin.actions.begin()->first;
  const std::string call = absl::StrCat("orchctl ", plugin.name, " ", first);
  return absl::StrCat(text, "\n'orchctl ", plugin.name, " <action> --help' lists an action's inputs\n\n", table.Help(),
                      ExamplesText({absl::StrCat(call, " --help"), absl::StrCat("orchctl plugin doc ", plugin.name)}),
                      "\n", plugin.name, " ", Printable(plugin.version), ", orchctl ", kVersion, "\n");
}

namespace {

// Returns a value that the DDL allows, or the input's name in capitals.
std::string ExampleValue(const ddl::Input& input) {
  if (input.sensitive) return "@FILE";
  if (input.default_value.has_value() && !input.default_value->is_structured())
    return DisplayValue(*input.default_value);
  if (!input.list.empty()) return DisplayValue(input.list.front());
  if (input.type == ddl::InputType::kBoolean) return "true";
  const bool number = input.type == ddl::InputType::kInteger || input.type == ddl::InputType::kNumber;
  return number ? "1" : absl::AsciiStrToUpper(input.name);
}

std::vector<std::string> ExamplesOfAction(const ddl::Plugin& plugin, const ddl::Action& action) {
  std::string words;
  for (const ddl::Input& input : action.inputs) {
    if (!input.optional && !input.default_value.has_value())
      absl::StrAppend(&words, " ", input.name, "=", Printable(ExampleValue(input)));
  }
  const std::string call = absl::StrCat("orchctl ", plugin.name, " ", action.name, words);
  return {absl::StrCat(call, action.impact == ddl::Impact::kChange ? " --dry-run" : ""),
          absl::StrCat(call, " -C role::web -j")};
}

}  // namespace

std::string TypedActionHelp(const ddl::Plugin& plugin, const ddl::Action& action, const OptionTable& table) {
  std::string usage;
  for (const ddl::Input& input : action.inputs) {
    if (!input.optional && !input.default_value.has_value())
      absl::StrAppend(&usage, " ", InputOptionName(input), input.type == ddl::InputType::kBoolean ? "" : " VALUE");
  }
  return absl::StrCat("\n", PrintableBlock(action.description, 2), "\n\nUsage: orchctl ", plugin.name, " ", action.name,
                      " [options] [filters]", usage, "\n       orchctl ", plugin.name, " ", action.name,
                      " [options] [filters] [<key=val> ...]\n\n", table.Help(),
                      ExamplesText(ExamplesOfAction(plugin, action)), "\n", plugin.name, " ", Printable(plugin.version),
                      ", orchctl ", kVersion, "\n");
}

}  // namespace orch::cli

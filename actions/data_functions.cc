// The data functions every node has.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/catalog.h"
#include "actions/fact_path.h"
#include "actions/fstat.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxArgumentCharacters = 120;
constexpr size_t kMaxPluginCharacters = 20;

absl::StatusOr<Json> Fact(const std::string& name, const NodeState& node, const Clock&) {
  const std::shared_ptr<const Json> facts = node.Facts();
  const Json* value = FindFact(*facts, name);
  if (value == nullptr) return Json{{"exists", false}, {"value", false}, {"value_encoding", false}};
  if (value->is_structured()) {
    return Json{{"exists", true}, {"value", DumpJson(*value)}, {"value_encoding", "application/json"}};
  }
  return Json{{"exists", true}, {"value", *value}, {"value_encoding", "text/plain"}};
}

absl::StatusOr<Json> Fstat(const std::string& path, const NodeState&, const Clock& clock) {
  return FileStatus(path, clock);
}

absl::StatusOr<Json> PluginData(const std::string& name, const NodeState& node, const Clock&) {
  for (const NodeState::PluginInfo& plugin : node.Plugins()) {
    if (plugin.name != name) continue;
    return Json{{"license", plugin.license},         {"timeout", absl::ToInt64Seconds(plugin.timeout)},
                {"description", plugin.description}, {"url", plugin.url},
                {"version", plugin.version},         {"author", plugin.author}};
  }
  return absl::NotFoundError(absl::StrCat("this node has no plugin '", name, "'"));
}

absl::StatusOr<Json> Collective(const std::string& name, const NodeState& node, const Clock&) {
  const std::vector<std::string> collectives = node.Collectives();
  return Json{{"member", std::find(collectives.begin(), collectives.end(), name) != collectives.end()}};
}

struct Function {
  absl::string_view name;
  size_t longest;  // of its argument, in characters
  absl::StatusOr<Json> (*call)(const std::string& argument, const NodeState& node, const Clock& clock);
};

constexpr Function kFunctions[] = {
    {"agent", kMaxPluginCharacters, PluginData},  {"collective", kMaxArgumentCharacters, Collective},
    {"fact", kMaxArgumentCharacters, Fact},       {"fstat", kMaxArgumentCharacters, Fstat},
    {"plugin", kMaxPluginCharacters, PluginData},
};

size_t Characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace

absl::StatusOr<Json> CallBuiltinDataFunction(absl::string_view name, const std::vector<std::string>& arguments,
                                             const NodeState& node, const Clock& clock) {
  for (const Function& function : kFunctions) {
    if (function.name != name) continue;
    if (arguments.size() != 1 || arguments[0].empty()) {
      return absl::InvalidArgumentError(absl::StrCat("data function ", name, " needs one argument: ", name, "('…')"));
    }
    if (Characters(arguments[0]) > function.longest) {
      return absl::InvalidArgumentError(
          absl::StrCat("the argument of ", name, " may have at most ", function.longest, " characters"));
    }
    return function.call(arguments[0], node, clock);
  }
  return absl::NotFoundError(
      absl::StrCat("no data function is named '", name, "'; known: ", absl::StrJoin(BuiltinDataFunctionNames(), ", ")));
}

std::vector<std::string> BuiltinDataFunctionNames() {
  std::vector<std::string> names;
  for (const Function& function : kFunctions) names.emplace_back(function.name);
  return names;
}

}  // namespace orch::actions

#include "actions/data/data_functions.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/core/fact_path.h"
#include "actions/core/node_state.h"
#include "actions/data/data_function.h"
#include "actions/data/node_data.h"
#include "actions/data/puppet_data.h"
#include "actions/plugins/filemgr/fstat.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxArgumentCharacters = 120;
constexpr size_t kMaxCheckCharacters = 20;
constexpr size_t kMaxNameCharacters = 50;  // of packages and services
constexpr size_t kMaxPluginCharacters = 20;

absl::StatusOr<Json> Fact(const DataCall& call) {
  const std::shared_ptr<const Json> facts = call.node.Facts();
  const Json* value = FindFact(*facts, call.argument);
  if (value == nullptr) return Json{{"exists", false}, {"value", false}, {"value_encoding", false}};
  if (value->is_structured()) {
    return Json{{"exists", true}, {"value", DumpJson(*value)}, {"value_encoding", "application/json"}};
  }
  return Json{{"exists", true}, {"value", *value}, {"value_encoding", "text/plain"}};
}

absl::StatusOr<Json> Fstat(const DataCall& call) { return FileStatus(call.argument, call.clock); }

absl::StatusOr<Json> PluginData(const DataCall& call) {
  for (const NodeState::PluginInfo& plugin : call.node.Plugins()) {
    if (plugin.name != call.argument) continue;
    return Json{{"license", plugin.license},         {"timeout", absl::ToInt64Seconds(plugin.timeout)},
                {"description", plugin.description}, {"url", plugin.url},
                {"version", plugin.version},         {"author", plugin.author}};
  }
  return absl::NotFoundError(absl::StrCat("this node has no plugin '", call.argument, "'"));
}

absl::StatusOr<Json> Collective(const DataCall& call) {
  const std::vector<std::string> collectives = call.node.Collectives();
  return Json{{"member", std::find(collectives.begin(), collectives.end(), call.argument) != collectives.end()}};
}

enum class Argument { kNone, kOptional, kRequired };

struct Function {
  absl::string_view name;
  Argument argument;
  size_t longest;  // of its argument, in characters
  DataFunction call;
};

// All data functions of a node, by name.
constexpr Function kFunctions[] = {
    {"agent", Argument::kRequired, kMaxPluginCharacters, PluginData},
    {"collective", Argument::kRequired, kMaxArgumentCharacters, Collective},
    {"fact", Argument::kRequired, kMaxArgumentCharacters, Fact},
    {"fstat", Argument::kRequired, kMaxArgumentCharacters, Fstat},
    {"nrpe", Argument::kRequired, kMaxCheckCharacters, NrpeData},
    {"package", Argument::kRequired, kMaxNameCharacters, PackageData},
    {"plugin", Argument::kRequired, kMaxPluginCharacters, PluginData},
    {"process", Argument::kRequired, kMaxArgumentCharacters, ProcessData},
    {"puppet", Argument::kNone, 0, PuppetStateData},
    {"resource", Argument::kOptional, kMaxArgumentCharacters, PuppetResourceData},
    {"service", Argument::kRequired, kMaxNameCharacters, ServiceData},
    {"sysctl", Argument::kRequired, kMaxArgumentCharacters, SysctlData},
};

size_t Characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

absl::Status CheckArguments(const Function& function, const std::vector<std::string>& arguments) {
  const bool given = !arguments.empty() && !(arguments.size() == 1 && arguments[0].empty());
  if (function.argument == Argument::kNone && given) {
    return absl::InvalidArgumentError(absl::StrCat("data function ", function.name, " takes no argument"));
  }
  if (arguments.size() > 1 || (function.argument == Argument::kRequired && !given)) {
    return absl::InvalidArgumentError(
        absl::StrCat("data function ", function.name, " needs one argument: ", function.name, "('…')"));
  }
  if (given && Characters(arguments[0]) > function.longest) {
    return absl::InvalidArgumentError(
        absl::StrCat("the argument of ", function.name, " may have at most ", function.longest, " characters"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> CallBuiltinDataFunction(absl::string_view name, const std::vector<std::string>& arguments,
                                             const NodeState& node, const Clock& clock, const BuiltinOptions& options) {
  for (const Function& function : kFunctions) {
    if (function.name != name) continue;
    ORCH_RETURN_IF_ERROR(CheckArguments(function, arguments));
    return function.call({arguments.empty() ? "" : arguments[0], node, clock, options.settings, options.puppet.get()});
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

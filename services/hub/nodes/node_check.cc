#include "services/hub/nodes/node_check.h"

#include <algorithm>
#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

bool IsPluginName(absl::string_view name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

absl::Status CheckPlugins(const google::protobuf::RepeatedPtrField<v1::PluginRef>& plugins) {
  if (plugins.size() > kMaxPluginsPerNode) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the node announces ", plugins.size(), " plugins; at most ", kMaxPluginsPerNode, " are taken"));
  }
  absl::flat_hash_set<absl::string_view> names;
  for (const v1::PluginRef& plugin : plugins) {
    if (!IsPluginName(plugin.name())) {
      return absl::InvalidArgumentError("a plugin's name must be of a-z, 0-9 and _, at most 255 characters");
    }
    if (plugin.ddl_sha256().size() != 32 || plugin.version().size() > kMaxNameBytes) {
      return absl::InvalidArgumentError(absl::StrCat("plugin ", plugin.name(),
                                                     ": its DDL's SHA-256 must be 32 bytes and its version at most ",
                                                     kMaxNameBytes, " bytes"));
    }
    // Each node counts once for the DDL of a plugin that most nodes announce.
    if (!names.insert(plugin.name()).second) {
      return absl::InvalidArgumentError(absl::StrCat("plugin ", plugin.name(), " is announced twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNames(absl::string_view what, int max, const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (names.size() > max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the node has ", names.size(), " ", what, "; at most ", max, " are taken"));
  }
  for (const std::string& name : names) {
    if (name.empty() || name.size() > kMaxNameBytes) {
      return absl::InvalidArgumentError(absl::StrCat("the node's ", what, ": a name must have 1 to ", kMaxNameBytes,
                                                     " bytes, one has ", name.size()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Json> ParseFacts(absl::string_view facts_json) {
  if (facts_json.size() > kMaxNodeFactBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the node's facts are ", facts_json.size(),
                                                     " bytes of JSON; at most ", kMaxNodeFactBytes,
                                                     " are taken; leave large facts out"));
  }
  return ParseJsonObject(facts_json, "the node's facts", kMaxNodeFactBytes);
}

absl::Status CheckNode(const v1::Node& node) {
  ORCH_RETURN_IF_ERROR(CheckPlugins(node.plugins()));
  ORCH_RETURN_IF_ERROR(CheckNames("collectives", kMaxCollectivesPerNode, node.collectives()));
  ORCH_RETURN_IF_ERROR(CheckNames("classes", kMaxClassesPerNode, node.classes()));
  if (node.version().size() > kMaxNameBytes || node.main_collective().size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the node's version and main collective may have at most ", kMaxNameBytes, " bytes"));
  }
  return absl::OkStatus();
}

std::vector<std::string> ShortenProblems(const google::protobuf::RepeatedPtrField<std::string>& problems) {
  std::vector<std::string> kept;
  for (const std::string& problem : problems) {
    if (static_cast<int>(kept.size()) == kMaxProblemsPerNode) break;
    kept.push_back(problem.substr(0, kMaxProblemBytes));
  }
  return kept;
}

std::vector<v1::PluginProblem> ShortenPluginProblems(
    const google::protobuf::RepeatedPtrField<v1::PluginProblem>& problems) {
  std::vector<v1::PluginProblem> kept;
  for (const v1::PluginProblem& problem : problems) {
    if (static_cast<int>(kept.size()) == kMaxProblemsPerNode) break;
    v1::PluginProblem& added = kept.emplace_back();
    added.set_plugin(problem.plugin().substr(0, kMaxNameBytes));
    added.set_reason(problem.reason().substr(0, kMaxProblemBytes));
  }
  return kept;
}

uint64_t MarkOf(const v1::Node& node) {
  std::vector<absl::string_view> classes(node.classes().begin(), node.classes().end()), plugins;
  for (const v1::PluginRef& plugin : node.plugins()) plugins.push_back(plugin.name());
  std::sort(classes.begin(), classes.end());
  std::sort(plugins.begin(), plugins.end());
  return std::max<uint64_t>(1, absl::HashOf(absl::string_view(node.facts_json()), classes, plugins));
}

}  // namespace orch::hub

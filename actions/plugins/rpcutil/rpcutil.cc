#include "actions/plugins/rpcutil/rpcutil.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/core/fact_path.h"
#include "actions/core/node_state.h"
#include "base/version.h"

namespace orch::actions {
namespace {

Json PluginNames(const NodeState& node) {
  Json names = Json::array();
  for (const NodeState::PluginInfo& plugin : node.Plugins()) names.push_back(plugin.name);
  return names;
}

Reply Inventory(const Request&, const Context& context) {
  const NodeState& node = *context.node;
  Reply reply;
  reply.data = Json{{"agents", PluginNames(node)},
                    {"facts", *node.Facts()},
                    {"classes", node.Classes()},
                    {"version", kVersion},
                    {"main_collective", node.MainCollective()},
                    {"collectives", node.Collectives()},
                    {"data_plugins", node.DataFunctionNames()}};
  return reply;
}

Reply AgentInventory(const Request&, const Context& context) {
  Json agents = Json::array();
  for (const NodeState::PluginInfo& plugin : context.node->Plugins()) {
    agents.push_back({{"agent", plugin.name},
                      {"name", plugin.name},
                      {"description", plugin.description},
                      {"author", plugin.author},
                      {"license", plugin.license},
                      {"version", plugin.version},
                      {"url", plugin.url},
                      {"timeout", absl::ToInt64Seconds(plugin.timeout)}});
  }
  Reply reply;
  reply.data = Json{{"agents", std::move(agents)}};
  return reply;
}

Reply CollectiveInfo(const Request&, const Context& context) {
  Reply reply;
  reply.data = Json{{"main_collective", context.node->MainCollective()}, {"collectives", context.node->Collectives()}};
  return reply;
}

Reply DaemonStats(const Request&, const Context& context) {
  Reply reply;
  reply.data = context.node->DaemonStats();
  if (!reply.data.is_object()) reply.data = Json::object();
  if (!reply.data.contains("version")) reply.data["version"] = kVersion;
  return reply;
}

Reply Find(const Request&, const Context& context) {
  Reply reply;
  reply.data = Json{{"identity", context.node->Identity()}};
  return reply;
}

Reply Ping(const Request&, const Context& context) {
  Reply reply;
  reply.data = Json{{"pong", absl::ToUnixSeconds(context.clock->Now())}};
  return reply;
}

Reply GetFact(const Request& request, const Context& context) {
  const std::string name = InputText(request, "fact");
  const std::shared_ptr<const Json> facts = context.node->Facts();
  const Json* value = FindFact(*facts, name);
  Reply reply;
  reply.data = Json{{"fact", name}, {"value", value == nullptr ? Json() : *value}};
  return reply;
}

Reply GetFacts(const Request& request, const Context& context) {
  const std::shared_ptr<const Json> facts = context.node->Facts();
  const std::string names = InputText(request, "facts");
  Json values = Json::object();
  for (absl::string_view part : absl::StrSplit(names, ',')) {
    const absl::string_view name = absl::StripAsciiWhitespace(part);
    if (name.empty()) continue;
    const Json* value = FindFact(*facts, name);
    values[std::string(name)] = value == nullptr ? Json() : *value;
  }
  Reply reply;
  reply.data = Json{{"values", std::move(values)}};
  return reply;
}

Reply GetConfigItem(const Request& request, const Context& context) {
  const std::string item = InputText(request, "item");
  absl::StatusOr<Json> value = context.node->ConfigItem(item);
  if (!value.ok()) return ReplyFor(value.status());
  Reply reply;
  reply.data = Json{{"item", item}, {"value", *std::move(value)}};
  return reply;
}

Reply GetData(const Request& request, const Context& context) {
  const std::string query = InputText(request, "query");
  std::vector<std::string> arguments;
  if (!query.empty()) arguments.push_back(query);
  const std::string source = InputText(request, "source");
  absl::StatusOr<Json> values = context.node->CallDataFunction(source, arguments);
  if (!values.ok()) return ReplyFor(values.status());
  if (!values->is_object())
    return Reply::Failure(ErrorKind::kProtocol, absl::StrCat("data function ", source, " gave no fields"));
  Reply reply;
  reply.data = *std::move(values);
  return reply;
}

struct RpcutilAction {
  absl::string_view action;
  Reply (*run)(const Request& request, const Context& context);
  bool instant = false;
};

constexpr RpcutilAction kRpcutilActions[] = {
    {"agent_inventory", AgentInventory},
    {"collective_info", CollectiveInfo, true},
    {"daemon_stats", DaemonStats, true},
    {"find", Find, true},
    {"get_config_item", GetConfigItem},
    {"get_data", GetData},
    {"get_fact", GetFact, true},
    {"get_facts", GetFacts, true},
    {"inventory", Inventory},
    {"ping", Ping, true},
};

}  // namespace

bool Rpcutil::IsInstant(absl::string_view action) const {
  return std::any_of(std::begin(kRpcutilActions), std::end(kRpcutilActions),
                     [action](const RpcutilAction& entry) { return entry.instant && entry.action == action; });
}

Reply Rpcutil::RunAction(const Request& request, const Context& context) {
  for (const RpcutilAction& entry : kRpcutilActions) {
    if (entry.action == request.action) return entry.run(request, context);
  }
  return Reply::Failure(ErrorKind::kProtocol,
                        absl::StrCat("rpcutil declares ", request.action, " but does not have it"));
}

}  // namespace orch::actions

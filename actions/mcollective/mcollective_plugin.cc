#include "actions/mcollective/mcollective_plugin.h"

#include <utility>

#include "actions/core/node_state.h"

namespace orch::actions {

Json McollectiveConfig(const std::vector<std::string>& libdirs, const std::map<std::string, std::string>& settings) {
  return Json{{"libdirs", libdirs}, {"pluginconf", settings}};
}

McollectivePlugin::McollectivePlugin(std::shared_ptr<const ddl::Plugin> ddl, std::vector<std::string> libdirs,
                                     std::map<std::string, std::string> settings, const WarmWorker::Options& options,
                                     const Clock* clock)
    : BuiltinPlugin(std::move(ddl)),
      libdirs_(std::move(libdirs)),
      settings_(std::move(settings)),
      processes_(options.max_processes),
      worker_(options, clock) {}

int McollectivePlugin::MaxConcurrency(absl::string_view) const { return static_cast<int>(processes_); }

Reply McollectivePlugin::RunAction(const Request& request, const Context& context) {
  const NodeState& node = *context.node;
  Json config = McollectiveConfig(libdirs_, settings_);
  config["identity"] = node.Identity();
  config["collectives"] = node.Collectives();
  config["main_collective"] = node.MainCollective();
  config["classes"] = node.Classes();
  for (const char* item : {"configfile", "classesfile"}) {
    if (const absl::StatusOr<Json> value = node.ConfigItem(item); value.ok()) config[item] = *value;
  }
  // Passes the facts as text, which the worker parses only if the agent uses them.
  const std::shared_ptr<const Json> facts = node.Facts();
  return worker_.Call(Json{{"agent", request.plugin},
                           {"action", request.action},
                           {"data", request.inputs},
                           {"requestid", request.job_id},
                           {"senderid", request.sender},
                           {"callerid", request.caller},
                           {"collective", request.collective},
                           {"msgtime", absl::ToUnixSeconds(request.issued_at)},
                           {"config", std::move(config)},
                           {"facts", facts == nullptr ? "{}" : DumpJson(*facts)}},
                      context);
}

}  // namespace orch::actions

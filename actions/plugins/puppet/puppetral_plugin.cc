#include "actions/plugins/puppet/puppetral_plugin.h"

#include <utility>

#include "actions/worker/ruby_worker.h"
#include "base/status_macros.h"

namespace orch::actions {

absl::StatusOr<std::shared_ptr<Plugin>> PuppetralPlugin::Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                                const BuiltinOptions& options, const Clock* clock) {
  WarmWorker::Options worker{.name = "puppetral", .max_processes = kProcesses};
  ORCH_RETURN_IF_ERROR(ReadWorkerSettings(options.settings, "puppetral", &worker));
  ORCH_ASSIGN_OR_RETURN(const std::string puppet, FindPuppet(options.settings));
  ORCH_ASSIGN_OR_RETURN(const std::string ruby, RubyOf(puppet));
  ORCH_ASSIGN_OR_RETURN(const std::string script, FindRubyScript(options.settings, "puppetral.rb"));
  worker.process.argv = {ruby, script};
  worker.process.leaves = true;  // Puppet's resource "service" may start one by its script
  const std::string config = SettingOf(options.settings, "puppet.config");
  if (!config.empty()) worker.process.argv.insert(worker.process.argv.end(), {"--config", config});
  return std::shared_ptr<Plugin>(new PuppetralPlugin(std::move(ddl), worker, clock));
}

PuppetralPlugin::PuppetralPlugin(std::shared_ptr<const ddl::Plugin> ddl, const WarmWorker::Options& options,
                                 const Clock* clock)
    : BuiltinPlugin(std::move(ddl)), processes_(options.max_processes), worker_(options, clock) {}

int PuppetralPlugin::MaxConcurrency(absl::string_view) const { return static_cast<int>(processes_); }

Reply PuppetralPlugin::RunAction(const Request& request, const Context& context) {
  return worker_.Call(Json{{"action", request.action}, {"data", request.inputs}, {"requestid", request.job_id}},
                      context);
}

}  // namespace orch::actions

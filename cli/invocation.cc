#include "cli/invocation.h"

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/status_macros.h"
#include "cli/plugin_source.h"

namespace orch::cli {

absl::StatusOr<std::shared_ptr<const ddl::Plugin>> FetchPlugin(Context* context, const std::string& name) {
  ORCH_RETURN_IF_ERROR(CheckPluginName(name));
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  PluginSource source(hub, context->config().cache_dir);
  ORCH_ASSIGN_OR_RETURN(const PluginSource::Loaded loaded, source.Get(name));
  return loaded.plugin;
}

absl::StatusOr<Invocation> MakeInvocation(std::shared_ptr<const ddl::Plugin> plugin, const std::string& action,
                                          const Arguments& arguments) {
  Invocation invocation;
  invocation.plugin = std::move(plugin);
  ORCH_ASSIGN_OR_RETURN(invocation.action, ddl::RequireAction(*invocation.plugin, action));
  ORCH_ASSIGN_OR_RETURN(invocation.inputs, ddl::CoerceArguments(*invocation.action, arguments));
  ddl::FillInputDefaults(*invocation.action, &invocation.inputs);
  ORCH_RETURN_IF_ERROR(ddl::ValidateInputs(*invocation.plugin, *invocation.action, invocation.inputs));
  return invocation;
}

absl::StatusOr<int> RunInvocation(Context* context, const Invocation& invocation, const Targets& targets,
                                  const std::string& what, JobView* human_view) {
  if (invocation.action->impact == ddl::Impact::kChange)
    ORCH_RETURN_IF_ERROR(context->ConfirmUnfiltered(targets, what));
  v1::JobSpec spec = MakeSpec(context->options(), targets, invocation.plugin->name, invocation.action->name);
  spec.set_inputs_json(DumpJson(invocation.inputs));
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<JobView> machine_view, MakeMachineView(context, invocation.subject()));
  return RunJob(context, spec, targets.named, machine_view == nullptr ? human_view : machine_view.get());
}

}  // namespace orch::cli

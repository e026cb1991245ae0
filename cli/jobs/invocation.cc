#include "cli/jobs/invocation.h"

#include <utility>

#include "actions/ddl/validate.h"
#include "base/status_macros.h"
#include "cli/session/input_source.h"

namespace orch::cli {

absl::StatusOr<Arguments> SplitArguments(absl::Span<const std::string> words) {
  Arguments arguments;
  for (const std::string& word : words) {
    ORCH_ASSIGN_OR_RETURN(auto pair, ddl::SplitArgument(word));
    arguments.push_back(std::move(pair));
  }
  return arguments;
}

absl::StatusOr<Invocation> MakeInvocation(Context* context, std::shared_ptr<const ddl::Plugin> plugin,
                                          const std::string& action, Arguments arguments) {
  Invocation invocation;
  invocation.plugin = std::move(plugin);
  ORCH_ASSIGN_OR_RETURN(invocation.action, ddl::RequireAction(*invocation.plugin, action));
  ORCH_RETURN_IF_ERROR(ReadSensitiveArguments(context, *invocation.action, &arguments));
  ORCH_ASSIGN_OR_RETURN(invocation.inputs, ddl::CoerceArguments(*invocation.action, arguments));
  ORCH_RETURN_IF_ERROR(AddInputFile(context, &invocation.inputs));
  ORCH_RETURN_IF_ERROR(AskForSensitiveInputs(context, *invocation.action, &invocation.inputs));
  ddl::FillInputDefaults(*invocation.action, &invocation.inputs);
  ORCH_RETURN_IF_ERROR(ddl::ValidateInputs(*invocation.plugin, *invocation.action, invocation.inputs));
  return invocation;
}

}  // namespace orch::cli

#include "actions/data/puppet_data.h"

#include <algorithm>
#include <string>

#include "actions/ddl/validate.h"
#include "actions/ddl/validators.h"
#include "actions/plugins/puppet/last_run.h"
#include "actions/plugins/puppet/managed_resources.h"
#include "actions/plugins/puppet/puppet_state.h"
#include "actions/puppet/puppet_memory.h"
#include "actions/puppet/puppet_program.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

absl::StatusOr<PuppetFiles> Files(const DataCall& call) {
  const PuppetProgram program(call.settings);
  Context context;
  context.clock = &call.clock;
  context.timeout = kDataFunctionTimeout;
  const CommandRunner runner(context, program.Path());
  PuppetMemory nothing;
  return (call.puppet == nullptr ? &nothing : call.puppet)->Files(program, runner);
}

}  // namespace

absl::StatusOr<Json> PuppetStateData(const DataCall& call) {
  ORCH_ASSIGN_OR_RETURN(const PuppetFiles files, Files(call));
  ORCH_ASSIGN_OR_RETURN(const PuppetState state, ReadPuppetState(files, call.clock));
  return state.Fields();
}

absl::StatusOr<Json> PuppetResourceData(const DataCall& call) {
  if (!call.argument.empty()) ORCH_RETURN_IF_ERROR(ddl::CheckNamedValidator("puppet_resource", call.argument));
  ORCH_ASSIGN_OR_RETURN(const PuppetFiles files, Files(call));
  absl::StatusOr<LastRun> run = ReadLastRun(files.summary);
  if (absl::IsNotFound(run.status())) run = LastRun();  // never ran: nothing is managed
  ORCH_RETURN_IF_ERROR(run.status());
  ORCH_ASSIGN_OR_RETURN(const auto managed, ReadManagedResources(files.resources));
  const int64_t now = absl::ToUnixSeconds(call.clock.Now());
  return Json{{"managed", !call.argument.empty() && IsManaged(managed, call.argument)},
              {"out_of_sync_resources", run->out_of_sync},
              {"failed_resources", run->failed},
              {"corrected_resources", run->corrected},
              {"changed_resources", run->changed},
              {"total_resources", run->total},
              {"total_time", run->total_time},
              {"config_retrieval_time", run->config_retrieval_time},
              {"lastrun", run->lastrun},
              {"since_lastrun", run->lastrun == 0 ? -1 : std::max<int64_t>(0, now - run->lastrun)},
              {"config_version", run->config_version}};
}

}  // namespace orch::actions

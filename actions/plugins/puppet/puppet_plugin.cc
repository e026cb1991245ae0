#include "actions/plugins/puppet/puppet_plugin.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/plugins/puppet/last_run.h"
#include "actions/plugins/puppet/managed_resources.h"
#include "actions/plugins/puppet/puppet_resource.h"
#include "actions/plugins/puppet/puppet_run.h"
#include "actions/plugins/puppet/puppet_state.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

Reply PuppetOk(Json data) {
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

Reply PuppetStatus(const PuppetFiles& files, const Request&, const Context& context) {
  const absl::StatusOr<PuppetState> state = ReadPuppetState(files, *context.clock);
  if (!state.ok()) return ReplyFor(state.status());
  Json data = state->Fields();
  data["message"] = state->Message();
  return PuppetOk(std::move(data));
}

// Replies with the state after the change, whether or not the change succeeded.
Reply AfterChange(const absl::Status& changed, const char* what, const PuppetFiles& files, const Context& context) {
  const absl::StatusOr<PuppetState> state = ReadPuppetState(files, *context.clock);
  Json data = Json::object();
  if (state.ok()) data = {{"enabled", state->enabled}, {"status", state->Status()}};
  if (changed.ok()) return PuppetOk(std::move(data));
  return Reply::Aborted(absl::StrCat("Could not ", what, " Puppet: ", changed.message()), std::move(data));
}

Reply Enable(const PuppetFiles& files, const Request&, const Context& context) {
  return AfterChange(EnablePuppet(files), "enable", files, context);
}

Reply Disable(const PuppetFiles& files, const Request& request, const Context& context) {
  std::string message = InputText(request, "message");
  if (message.empty()) {
    message = absl::StrCat("Disabled via orch by ", request.caller.empty() ? "an unnamed caller" : request.caller,
                           " at ", absl::FormatTime("%Y-%m-%d %H:%M", context.clock->Now(), absl::LocalTimeZone()));
  }
  return AfterChange(DisablePuppet(files, message), "disable", files, context);
}

double Rounded(double seconds) { return std::round(seconds * 100) / 100; }

std::string SummaryText(const LastRun& run, int64_t since) {
  return absl::StrCat(run.total, " resources, ", run.out_of_sync, " out of sync, ", run.changed, " changed, ",
                      run.failed, " failed, ", HumanSeconds(since), " ago");
}

Reply LastRunSummary(const PuppetFiles& files, const Request& request, const Context& context) {
  const absl::StatusOr<LastRun> run = ReadLastRun(files.summary);
  if (absl::IsNotFound(run.status())) {
    return Reply::Aborted(absl::StrCat("Puppet has not run on this node yet: there is no ", files.summary));
  }
  if (!run.ok()) return ReplyFor(run.status());
  const auto managed = ReadManagedResources(files.resources);
  if (!managed.ok()) return ReplyFor(managed.status());
  const int64_t since = std::max<int64_t>(0, absl::ToUnixSeconds(context.clock->Now()) - run->lastrun);
  Json data{{"out_of_sync_resources", run->out_of_sync},
            {"failed_resources", run->failed},
            {"corrected_resources", run->corrected},
            {"changed_resources", run->changed},
            {"total_resources", run->total},
            {"config_retrieval_time", Rounded(run->config_retrieval_time)},
            {"total_time", Rounded(run->total_time)},
            {"lastrun", run->lastrun},
            {"since_lastrun", since},
            {"config_version", run->config_version},
            {"type_distribution", TypeDistribution(*managed)},
            {"summary", SummaryText(*run, since)}};
  Reply reply;
  if (const std::string problem = CatalogProblem(*run, files.report); !problem.empty()) {
    reply.status_message = absl::StrCat(problem, ", ", HumanSeconds(since), " ago");
    data["summary"] = run->applied ? absl::StrCat(SummaryText(*run, since), "; ", problem) : reply.status_message;
  }
  const auto logs = request.inputs.find("logs");
  if (logs != request.inputs.end() && *logs == true) {
    const absl::StatusOr<Json> lines = ReadRunLogs(files.report);
    if (!lines.ok()) {
      return Reply::Aborted(absl::StrCat("the log is not to be had: ", lines.status().message()), std::move(data));
    }
    data["logs"] = *lines;
  }
  reply.data = std::move(data);
  return reply;
}

struct PuppetAction {
  absl::string_view action;
  Reply (*run)(const PuppetFiles& files, const Request& request, const Context& context);
};

// The actions that need only the files.
constexpr PuppetAction kPuppetActions[] = {
    {"disable", Disable},
    {"enable", Enable},
    {"last_run_summary", LastRunSummary},
    {"status", PuppetStatus},
};

Reply RunOnce(const Request& request, const PuppetProgram& program, PuppetMemory* memory, const Context& context) {
  const absl::StatusOr<PuppetRunOptions> options = ReadRunOptions(request.inputs, program);
  if (!options.ok()) {
    Reply reply = ReplyFor(options.status());
    if (absl::IsInvalidArgument(options.status())) reply.status_code = kInvalidInput;
    return reply;
  }
  return RunPuppet(*options, RunCommand(*options, program), program, memory, context);
}

}  // namespace

absl::StatusOr<std::shared_ptr<Plugin>> PuppetPlugin::Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                             const BuiltinOptions& options, const Clock*) {
  ORCH_RETURN_IF_ERROR(PuppetProgram(options.settings).Installed());
  return std::make_shared<PuppetPlugin>(std::move(ddl), options);
}

PuppetPlugin::PuppetPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), settings_(options.settings), program_(settings_), memory_(options.puppet) {}

Reply PuppetPlugin::RunAction(const Request& request, const Context& context) {
  if (request.action == "runonce") return RunOnce(request, program_, memory_.get(), context);
  if (request.action == "resource") return ApplyResource(request, program_, memory_.get(), context);
  const CommandRunner runner(context, program_.Path());
  const absl::StatusOr<PuppetFiles> files = memory_->Files(program_, runner);
  if (!files.ok()) return ReplyFor(files.status());
  for (const PuppetAction& entry : kPuppetActions) {
    if (entry.action == request.action) return entry.run(*files, request, context);
  }
  return Reply::Failure(ErrorKind::kProtocol,
                        absl::StrCat("puppet declares ", request.action, " but does not have it"));
}

}  // namespace orch::actions

#include "actions/plugins/puppet/puppetd_plugin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "actions/plugins/puppet/last_run.h"
#include "actions/plugins/puppet/puppet_run.h"
#include "actions/plugins/puppet/puppet_state.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

Reply Output(const char* text) {
  Reply reply;
  reply.data = Json{{"output", text}};
  return reply;
}

Reply Refused(const absl::Status& status) {
  return Reply::Aborted(std::string(status.message()), Json{{"output", std::string(status.message())}});
}

Reply PuppetdEnable(const PuppetFiles& files, const Request&, const Context&) {
  const absl::Status done = EnablePuppet(files);
  return done.ok() ? Output("Lock removed") : Refused(done);
}

Reply PuppetdDisable(const PuppetFiles& files, const Request& request, const Context& context) {
  const std::string message =
      absl::StrCat("Disabled via orch by ", request.caller.empty() ? "an unnamed caller" : request.caller, " at ",
                   absl::FormatTime("%Y-%m-%d %H:%M", context.clock->Now(), absl::LocalTimeZone()));
  const absl::Status done = DisablePuppet(files, message);
  return done.ok() ? Output("Lock created") : Refused(done);
}

Reply PuppetdStatus(const PuppetFiles& files, const Request&, const Context& context) {
  const absl::StatusOr<PuppetState> state = ReadPuppetState(files, *context.clock);
  if (!state.ok()) return ReplyFor(state.status());
  Reply reply;
  reply.data = Json{{"status", state->applying ? "running" : state->Status()},
                    {"enabled", state->enabled ? 1 : 0},
                    {"running", state->applying ? 1 : 0},
                    {"idling", state->idling ? 1 : 0},
                    {"stopped", state->applying || state->daemon_present ? 0 : 1},
                    {"lastrun", state->lastrun},
                    {"output", state->OldMessage()}};
  return reply;
}

Reply PuppetdLastRunSummary(const PuppetFiles& files, const Request&, const Context& context) {
  const absl::StatusOr<LastRun> run = ReadLastRun(files.summary);
  if (absl::IsNotFound(run.status())) {
    return Reply::Aborted(absl::StrCat("Puppet has not run on this node yet: there is no ", files.summary));
  }
  if (!run.ok()) return ReplyFor(run.status());
  Reply reply;
  if (const std::string problem = CatalogProblem(*run, files.report); !problem.empty()) {
    const int64_t since = std::max<int64_t>(0, absl::ToUnixSeconds(context.clock->Now()) - run->lastrun);
    reply.status_message = absl::StrCat(problem, ", ", HumanSeconds(since), " ago");
  }
  for (const char* part : {"time", "resources", "changes", "events", "version"}) {
    const auto found = run->document.find(part);
    reply.data[part] = found != run->document.end() && found->is_object() ? *found : Json::object();
  }
  // The behaviour of 2011.
  for (const char* counter :
       {"changed", "failed", "failed_to_restart", "out_of_sync", "restarted", "scheduled", "skipped", "total"}) {
    if (!reply.data["resources"].contains(counter)) reply.data["resources"][counter] = 0;
  }
  return reply;
}

struct PuppetdAction {
  absl::string_view action;
  Reply (*run)(const PuppetFiles& files, const Request& request, const Context& context);
};

constexpr PuppetdAction kPuppetdActions[] = {
    {"disable", PuppetdDisable},
    {"enable", PuppetdEnable},
    {"last_run_summary", PuppetdLastRunSummary},
    {"status", PuppetdStatus},
};

bool IsTrue(const Json& inputs, const char* name) {
  const auto found = inputs.find(name);
  return found != inputs.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace

absl::StatusOr<std::shared_ptr<Plugin>> PuppetdPlugin::Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                              const BuiltinOptions& options, const Clock*) {
  ORCH_RETURN_IF_ERROR(PuppetProgram(options.settings).Installed());
  return std::make_shared<PuppetdPlugin>(std::move(ddl), options);
}

PuppetdPlugin::PuppetdPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), settings_(options.settings), program_(settings_), memory_(options.puppet) {}

Reply PuppetdPlugin::RunAction(const Request& request, const Context& context) {
  if (request.action == "runonce") return RunOnce(request, context);
  const CommandRunner runner(context, program_.Path());
  const absl::StatusOr<PuppetFiles> files = memory_->Files(program_, runner);
  if (!files.ok()) return ReplyFor(files.status());
  for (const PuppetdAction& entry : kPuppetdActions) {
    if (entry.action == request.action) return entry.run(*files, request, context);
  }
  return Reply::Failure(ErrorKind::kProtocol,
                        absl::StrCat("puppetd declares ", request.action, " but does not have it"));
}

Reply PuppetdPlugin::RunOnce(const Request& request, const Context& context) const {
  PuppetRunOptions options;
  options.force = IsTrue(request.inputs, "forcerun");
  options.wait = IsTrue(request.inputs, "wait");
  // This is a setting of the node and no wish of the caller, so a running daemon is still signalled.
  PuppetRunOptions command = options;
  int64_t splay = 0;
  const auto set = settings_.find("puppetd.splaytime");
  if (set == settings_.end() || !absl::SimpleAtoi(set->second, &splay)) splay = 0;
  command.splay = splay > 0;
  if (splay > 0) command.splaylimit = splay;
  Reply reply = RunPuppet(options, RunCommand(command, program_), program_, memory_.get(), context);
  reply.data["output"] =
      reply.data.contains("summary") ? reply.data["summary"].get<std::string>() : reply.status_message;
  reply.data.erase("summary");
  return reply;
}

}  // namespace orch::actions

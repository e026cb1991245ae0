#include "actions/plugins/service/service_plugin.h"

#include <poll.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "actions/ddl/validators.h"
#include "base/process/cancel_token.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr absl::Duration kStateWait = absl::Seconds(5);  // for a service to be what was asked for
constexpr absl::Duration kStatusPollInterval = absl::Milliseconds(150);
constexpr int kLooksToStay = 3;  // beyond the first, for a service that may yet fall over

const char* StatusText(bool running) { return running ? "running" : "stopped"; }

void Wait(absl::Duration duration, const CancelToken* cancel) {
  pollfd cancelled = {cancel == nullptr ? -1 : cancel->fd(), POLLIN, 0};
  poll(&cancelled, 1, static_cast<int>(absl::ToInt64Milliseconds(duration)));
}

// Returns whether the service runs after it has been in the state `wanted` for a moment, or after its time for that is
// over. A daemon may start or end a while after its script has ended, and a faulty one ends right after its start.
absl::StatusOr<bool> AwaitState(ServiceProvider& provider, const std::string& service, bool wanted,
                                const CommandRunner& runner) {
  const Clock& clock = *runner.context().clock;
  const CancelToken* const cancel = runner.context().cancel;
  const absl::Duration begin = clock.Steady();
  const absl::Duration limit = std::min(kStateWait, runner.Left() / 2);
  for (int stayed = 0;;) {
    const absl::StatusOr<bool> running = provider.Running(service);
    if (!running.ok()) return running;
    const bool late = clock.Steady() - begin >= limit || (cancel != nullptr && cancel->cancelled());
    stayed = *running == wanted ? stayed + 1 : 0;
    if (stayed > kLooksToStay || late || (stayed == 0 && wanted && provider.EndsByItself(service))) return running;
    Wait(kStatusPollInterval, cancel);
  }
}

Reply Do(ServiceProvider& provider, ServiceVerb verb, const std::string& service, bool strict,
         const CommandRunner& runner) {
  const absl::StatusOr<bool> before = provider.Running(service);
  if (!before.ok()) return ReplyFor(before.status());
  Json data{{"status", StatusText(*before)}, {"changed", false}};
  const bool wanted = verb != ServiceVerb::kStop;
  if (verb != ServiceVerb::kRestart && *before == wanted) {
    if (strict) {
      return Reply::Aborted(
          absl::StrCat("could not ", VerbName(verb), " '", service, "': the service is already ", StatusText(wanted)),
          std::move(data));
    }
    Reply reply;
    reply.data = std::move(data);
    return reply;
  }
  const absl::Status done = provider.Act(verb, service);
  // A failure has told its reason; the reply only adds the state.
  const absl::StatusOr<bool> after =
      done.ok() ? AwaitState(provider, service, wanted, runner) : provider.Running(service);
  if (after.ok()) {
    data["status"] = StatusText(*after);
    data["changed"] = *after != *before || (done.ok() && verb == ServiceVerb::kRestart);
  }
  if (!done.ok()) return ReplyFor(done, std::move(data));
  if (!after.ok()) return ReplyFor(after.status(), std::move(data));
  if (*after != wanted && !(wanted && provider.EndsByItself(service))) {
    return Reply::Aborted(absl::StrCat("could not ", VerbName(verb), " '", service,
                                       "': this was reported as done, but the service is ", StatusText(*after)),
                          std::move(data));
  }
  data["changed"] = true;  // a service that ends by itself was started all the same
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

using Settings = std::map<std::string, std::string>;

std::string Setting(const Settings& settings, const char* name, const char* absent) {
  const auto found = settings.find(absl::StrCat("service.", name));
  return found == settings.end() || found->second.empty() ? absent : found->second;
}

absl::StatusOr<std::unique_ptr<ServiceProvider>> MakeProvider(const Settings& settings, const CommandRunner& runner) {
  const std::string wanted = Setting(settings, "provider", "auto");
  if (wanted == "systemd" || (wanted == "auto" && sd_booted() > 0)) return MakeSystemdProvider(runner);
  if (wanted == "auto" || wanted == "script") {
    return MakeScriptProvider(runner, Setting(settings, "init_dir", "/etc/init.d"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("service.provider '", wanted, "' is not known; use auto, systemd or script"));
}

}  // namespace

ServicePlugin::ServicePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), settings_(options.settings) {}

Reply ServicePlugin::RunAction(const Request& request, const Context& context) {
  const std::string service = InputText(request, "service");
  if (const absl::Status good = ddl::CheckNamedValidator("service_name", service); !good.ok()) {
    Reply reply = Reply::Aborted(absl::StrCat("input 'service': ", good.message()));
    reply.status_code = kInvalidInput;
    return reply;
  }
  const CommandRunner runner(context, Setting(settings_, "path", ""));
  const absl::StatusOr<std::unique_ptr<ServiceProvider>> provider = MakeProvider(settings_, runner);
  if (!provider.ok()) return ReplyFor(provider.status());
  if (request.action == "status") {
    const absl::StatusOr<bool> running = (*provider)->Running(service);
    if (!running.ok()) return ReplyFor(running.status());
    Reply reply;
    reply.data = Json{{"status", StatusText(*running)}};
    return reply;
  }
  const bool is_strict = InputFlag(request, "strict");
  if (request.action == "start") return Do(**provider, ServiceVerb::kStart, service, is_strict, runner);
  if (request.action == "stop") return Do(**provider, ServiceVerb::kStop, service, is_strict, runner);
  return Do(**provider, ServiceVerb::kRestart, service, /*strict=*/false, runner);
}

absl::StatusOr<bool> IsServiceRunning(const std::string& service, const Context& context, const Settings& settings) {
  ORCH_RETURN_IF_ERROR(ddl::CheckNamedValidator("service_name", service));
  const CommandRunner runner(context, Setting(settings, "path", ""));
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<ServiceProvider> provider, MakeProvider(settings, runner));
  return provider->Running(service);
}

}  // namespace orch::actions

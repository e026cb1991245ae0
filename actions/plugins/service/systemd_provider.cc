// See org.freedesktop.systemd1(5): StartUnit and similar methods return a job, and the signal JobRemoved tells its
// result.
#include <poll.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/system_names.h"
#include "actions/plugins/service/service_provider.h"
#include "base/process/cancel_token.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kManager[] = "org.freedesktop.systemd1";
constexpr char kManagerPath[] = "/org/freedesktop/systemd1";
constexpr char kManagerInterface[] = "org.freedesktop.systemd1.Manager";
constexpr char kUnitInterface[] = "org.freedesktop.systemd1.Unit";
constexpr char kServiceInterface[] = "org.freedesktop.systemd1.Service";
constexpr absl::Duration kCallTimeout = absl::Seconds(10);
constexpr absl::Duration kMaxWait = absl::Seconds(1);  // of one poll; the clock decides

struct BusError {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  ~BusError() { sd_bus_error_free(&error); }
};

struct BusMessage {
  sd_bus_message* message = nullptr;
  ~BusMessage() { sd_bus_message_unref(message); }
};

std::string UnitName(const std::string& service) {
  if (ddl::HasUnitSuffix(service)) return service;
  return absl::StrCat(service, ".service");
}

absl::Status BusStatus(int result, const BusError& error, absl::string_view what) {
  const std::string reason =
      error.error.message != nullptr ? error.error.message : std::generic_category().message(-result);
  const bool missing = sd_bus_error_has_name(&error.error, "org.freedesktop.systemd1.NoSuchUnit") ||
                       sd_bus_error_has_name(&error.error, "org.freedesktop.systemd1.LoadFailed");
  if (missing) return absl::NotFoundError(absl::StrCat(what, ": ", reason));
  if (result == -ETIMEDOUT) return absl::DeadlineExceededError(absl::StrCat(what, ": systemd does not answer"));
  return absl::AbortedError(absl::StrCat(what, ": ", reason));
}

// The result of one job in the signal JobRemoved.
struct JobEnd {
  std::string job;  // object path; empty until known
  std::string result;
  static constexpr size_t kMaxEarly = 64;
  std::vector<std::pair<std::string, std::string>> early;  // ended before StartUnit answered

  void Note(const char* path, const char* outcome) {
    if (job == path) result = outcome;
    if (job.empty() && early.size() < kMaxEarly) early.emplace_back(path, outcome);
  }
};

int OnJobRemoved(sd_bus_message* message, void* userdata, sd_bus_error*) {
  uint32_t id;
  const char *path, *unit, *outcome;
  if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &outcome) >= 0) {
    static_cast<JobEnd*>(userdata)->Note(path, outcome);
  }
  return 0;
}

class SystemdProvider final : public ServiceProvider {
 public:
  SystemdProvider(const CommandRunner& runner, sd_bus* bus) : runner_(runner), bus_(bus) {}
  ~SystemdProvider() override { sd_bus_flush_close_unref(bus_); }

  absl::StatusOr<bool> Running(const std::string& service) override {
    ORCH_ASSIGN_OR_RETURN(const std::string path, LoadUnit(service));
    ORCH_ASSIGN_OR_RETURN(const std::string state, Property(path, "ActiveState"));
    return state == "active" || state == "reloading";
  }

  bool EndsByItself(const std::string& service) override {
    const absl::StatusOr<std::string> path = LoadUnit(service);
    if (!path.ok() || !absl::EndsWith(UnitName(service), ".service")) return false;
    const absl::StatusOr<std::string> type = Property(*path, "Type", kServiceInterface);
    const absl::StatusOr<std::string> result = Property(*path, "Result", kServiceInterface);
    return type.ok() && result.ok() && *type == "oneshot" && *result == "success";
  }

  absl::Status Act(ServiceVerb verb, const std::string& service) override {
    ORCH_RETURN_IF_ERROR(LoadUnit(service).status());
    const std::string unit = UnitName(service);
    const std::string what = absl::StrCat("could not ", VerbName(verb), " ", unit);
    JobEnd end;
    sd_bus_slot* slot = nullptr;
    BusError error;
    int result =
        sd_bus_match_signal(bus_, &slot, kManager, kManagerPath, kManagerInterface, "JobRemoved", OnJobRemoved, &end);
    if (result >= 0) {
      result =
          sd_bus_call_method(bus_, kManager, kManagerPath, kManagerInterface, "Subscribe", &error.error, nullptr, "");
    }
    const absl::Status done = result < 0 ? BusStatus(result, error, what) : RunJob(verb, unit, what, &end);
    sd_bus_slot_unref(slot);
    return done;
  }

 private:
  absl::Status RunJob(ServiceVerb verb, const std::string& unit, const std::string& what, JobEnd* end) {
    const char* method = verb == ServiceVerb::kStart  ? "StartUnit"
                         : verb == ServiceVerb::kStop ? "StopUnit"
                                                      : "RestartUnit";
    BusError error;
    BusMessage reply;
    int result = sd_bus_call_method(bus_, kManager, kManagerPath, kManagerInterface, method, &error.error,
                                    &reply.message, "ss", unit.c_str(), "replace");
    const char* job = nullptr;
    if (result >= 0) result = sd_bus_message_read(reply.message, "o", &job);
    if (result < 0) return BusStatus(result, error, what);
    end->job = job;
    for (const auto& [path, outcome] : end->early) {
      if (path == end->job) end->result = outcome;
    }
    ORCH_RETURN_IF_ERROR(WaitFor(*end, what));
    if (end->result == "done" || end->result == "skipped") return absl::OkStatus();
    return absl::AbortedError(
        absl::StrCat(what, ": the job ended as '", end->result, "'; see journalctl -u ", unit, " on the node"));
  }

  absl::Status WaitFor(const JobEnd& end, const std::string& what) {
    const CancelToken* cancel = runner_.context().cancel;
    while (end.result.empty()) {
      const int handled = sd_bus_process(bus_, nullptr);
      if (handled < 0) return BusStatus(handled, BusError(), what);
      if (handled > 0) continue;
      if (cancel != nullptr && cancel->cancelled()) {
        return absl::CancelledError(absl::StrCat(what, " to its end: the job was cancelled; systemd goes on with it"));
      }
      const absl::Duration left = runner_.Left();
      if (left <= absl::ZeroDuration()) {
        return absl::DeadlineExceededError(absl::StrCat(what, " in time; systemd goes on with it"));
      }
      const int events = sd_bus_get_events(bus_);
      pollfd fds[] = {{sd_bus_get_fd(bus_), static_cast<short>(std::max(events, 0)), 0},
                      {cancel == nullptr ? -1 : cancel->fd(), POLLIN, 0}};
      const timespec wait = absl::ToTimespec(std::min(left, kMaxWait));
      ppoll(fds, 2, &wait, nullptr);
    }
    return absl::OkStatus();
  }

  // Returns the object path of the unit. NotFound if systemd has no file for it.
  absl::StatusOr<std::string> LoadUnit(const std::string& service) {
    const std::string unit = UnitName(service);
    const std::string what = absl::StrCat("systemd cannot load ", unit);
    BusError error;
    BusMessage reply;
    int result = sd_bus_call_method(bus_, kManager, kManagerPath, kManagerInterface, "LoadUnit", &error.error,
                                    &reply.message, "s", unit.c_str());
    const char* path = nullptr;
    if (result >= 0) result = sd_bus_message_read(reply.message, "o", &path);
    if (result < 0) return BusStatus(result, error, what);
    ORCH_ASSIGN_OR_RETURN(const std::string state, Property(path, "LoadState"));
    if (state == "not-found") {
      return absl::NotFoundError(absl::StrCat("this node has no service '", service, "': systemd has no unit ", unit));
    }
    if (state == "loaded" || state == "masked" || state == "stub" || state == "merged") return std::string(path);
    return absl::AbortedError(absl::StrCat(what, ": its file is in state '", state, "'"));
  }

  absl::StatusOr<std::string> Property(const std::string& path, const char* name,
                                       const char* interface = kUnitInterface) {
    BusError error;
    char* text = nullptr;
    const int result = sd_bus_get_property_string(bus_, kManager, path.c_str(), interface, name, &error.error, &text);
    if (result < 0) return BusStatus(result, error, absl::StrCat("systemd does not tell ", name));
    std::string value = text;
    free(text);
    return value;
  }

  const CommandRunner& runner_;
  sd_bus* const bus_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ServiceProvider>> MakeSystemdProvider(const CommandRunner& runner) {
  sd_bus* bus = nullptr;
  const int result = sd_bus_open_system(&bus);
  if (result < 0) {
    return absl::UnavailableError(absl::StrCat(
        "the system bus does not answer: ", std::generic_category().message(-result), "; is dbus running?"));
  }
  sd_bus_set_method_call_timeout(
      bus,
      static_cast<uint64_t>(absl::ToInt64Microseconds(std::clamp(runner.Left(), absl::Milliseconds(1), kCallTimeout))));
  return std::unique_ptr<ServiceProvider>(std::make_unique<SystemdProvider>(runner, bus));
}

}  // namespace orch::actions

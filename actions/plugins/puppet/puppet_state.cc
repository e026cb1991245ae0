#include "actions/plugins/puppet/puppet_state.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "actions/plugins/puppet/last_run.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxLockBytes = 64u << 10;
constexpr size_t kMaxPuppetCommandLineBytes = 64u << 10;
constexpr mode_t kLockMode = 0644;

// Puppet writes {"disabled_message": "…"}; older versions and administrators leave the file empty.
std::string DisableMessage(const std::string& text) {
  const absl::StatusOr<Json> content = ParseJsonObject(text, "lock");
  if (!content.ok()) return "";
  const auto found = content->find("disabled_message");
  return found != content->end() && found->is_string() ? found->get<std::string>() : "";
}

std::string Count(int64_t number, const char* unit) { return absl::StrCat(number, " ", unit, number == 1 ? "" : "s"); }

}  // namespace

std::string PuppetState::Status() const {
  if (!enabled) return "disabled";
  if (applying) return "applying a catalog";
  return idling ? "idling" : "stopped";
}

std::string PuppetState::Message() const {
  std::string text = absl::StrCat("Currently ", Status());
  if (!disable_message.empty()) absl::StrAppend(&text, ": '", disable_message, "'");
  if (lastrun == 0) return absl::StrCat(text, "; no completed run is known");
  return absl::StrCat(text, "; last completed run ", HumanSeconds(since_lastrun), " ago");
}

std::string PuppetState::OldMessage() const {
  const std::string run = lastrun == 0 ? "no run yet" : absl::StrCat("last run ", since_lastrun, " seconds ago");
  return absl::StrCat(enabled ? "Enabled" : "Disabled", ", ", applying ? "running" : "not running", ", ", run);
}

Json PuppetState::Fields() const {
  return {{"applying", applying},
          {"enabled", enabled},
          {"daemon_present", daemon_present},
          {"lastrun", lastrun},
          {"since_lastrun", since_lastrun},
          {"status", Status()},
          {"disable_message", disable_message},
          {"idling", idling}};
}

bool IsPuppetProcess(pid_t pid) {
  if (pid <= 0) return false;
  // The command line of a zombie is empty.
  const absl::StatusOr<std::string> line =
      ReadFile(absl::StrCat("/proc/", pid, "/cmdline"), kMaxPuppetCommandLineBytes);
  return line.ok() && absl::StrContains(*line, "puppet");
}

absl::StatusOr<pid_t> PuppetProcessOf(const std::string& file) {
  const absl::StatusOr<std::string> text = ReadFile(file, kMaxLockBytes);
  if (absl::IsNotFound(text.status())) return 0;
  ORCH_RETURN_IF_ERROR(text.status());
  pid_t pid = 0;
  if (!absl::SimpleAtoi(*text, &pid) || !IsPuppetProcess(pid)) return 0;
  return pid;
}

absl::StatusOr<PuppetState> ReadPuppetState(const PuppetFiles& files, const Clock& clock) {
  PuppetState state;
  const absl::StatusOr<std::string> disabled = ReadFile(files.disabled_lock, kMaxLockBytes);
  if (!absl::IsNotFound(disabled.status())) {
    ORCH_RETURN_IF_ERROR(disabled.status());
    state.enabled = false;
    state.disable_message = DisableMessage(*disabled);
  }
  ORCH_ASSIGN_OR_RETURN(const pid_t run, PuppetProcessOf(files.run_lock));
  ORCH_ASSIGN_OR_RETURN(const pid_t daemon, PuppetProcessOf(files.daemon_pid));
  state.applying = run != 0;
  state.daemon_present = daemon != 0;
  state.idling = state.daemon_present && !state.applying;
  // If the summary cannot be read, the time is unknown, but the state is known.
  const absl::StatusOr<LastRun> last = ReadLastRun(files.summary);
  if (last.ok() && last->lastrun > 0) {
    state.lastrun = last->lastrun;
    state.since_lastrun = std::max<int64_t>(0, absl::ToUnixSeconds(clock.Now()) - last->lastrun);
  }
  return state;
}

absl::Status SignalPuppetDaemon(const PuppetFiles& files) {
  ORCH_ASSIGN_OR_RETURN(const pid_t pid, PuppetProcessOf(files.daemon_pid));
  if (pid == 0) return absl::NotFoundError("the Puppet daemon is not running");
  // Holds the process before the second check, so that its pid cannot belong to another process meanwhile.
  const int held = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  absl::Status status = absl::NotFoundError(absl::StrCat("the Puppet daemon, process ", pid, ", has just ended"));
  if (held >= 0 && IsPuppetProcess(pid)) {
    const long sent = syscall(SYS_pidfd_send_signal, held, SIGUSR1, nullptr, 0);
    status = sent == 0 ? absl::OkStatus()
                       : ErrnoStatus(errno, absl::StrCat("cannot signal the Puppet daemon, process ", pid));
  }
  if (held >= 0) close(held);
  return status;
}

absl::Status EnablePuppet(const PuppetFiles& files) {
  if (unlink(files.disabled_lock.c_str()) == 0) return absl::OkStatus();
  if (errno == ENOENT) return absl::FailedPreconditionError("Already enabled");
  return ErrnoStatus(errno, absl::StrCat("cannot remove ", files.disabled_lock));
}

absl::Status DisablePuppet(const PuppetFiles& files, const std::string& message) {
  struct stat info;
  if (stat(files.disabled_lock.c_str(), &info) == 0) return absl::FailedPreconditionError("Already disabled");
  // Puppet creates the folder in its first run.
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(files.disabled_lock).parent_path(), ignored);
  return WriteFileDurably(files.disabled_lock, DumpJson(Json{{"disabled_message", message}}), kLockMode);
}

std::string HumanSeconds(int64_t seconds) {
  const int64_t days = seconds / 86'400, hours = seconds / 3'600 % 24, minutes = seconds / 60 % 60;
  std::string text;
  if (days > 0) absl::StrAppend(&text, Count(days, "day"), " ");
  if (days > 0 || hours > 0) absl::StrAppend(&text, Count(hours, "hour"), " ");
  if (seconds >= 60) absl::StrAppend(&text, Count(minutes, "minute"), " ");
  return absl::StrCat(text, absl::StrFormat("%02d seconds", seconds % 60));
}

}  // namespace orch::actions

#include "services/nodeagent/tasks/task_processes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/process/lasting_process.h"
#include "base/process/process_cgroup.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kPidReserveBytes = 16;
constexpr char kEnded[] = "its process has ended";

// The task's process holds the lock as long as it lives, and the guards of the processes it started as long as any of
// those lives. Unlike a process id, the lock cannot be mistaken.
bool Lives(const std::string& folder) {
  const UniqueFd task(open(TaskPath(folder).c_str(), O_RDONLY | O_CLOEXEC));
  return task.get() >= 0 && flock(task.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

// Returns 0 while the process id is not known.
pid_t PidIn(const std::string& folder) {
  const absl::StatusOr<std::string> text = ReadFile(PidPath(folder), 64);
  int pid = 0;
  return text.ok() && absl::SimpleAtoi(absl::StripSuffix(*text, "\n"), &pid) && pid > 1 ? pid : 0;
}

// Says how a child of ours ended; empty while it runs.
std::string Reaped(pid_t child) {
  int status = 0;
  const pid_t ended = waitpid(child, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return "";
  if (ended < 0) return kEnded;
  if (WIFSIGNALED(status)) return absl::StrCat("its process was ended by signal ", WTERMSIG(status));
  if (WEXITSTATUS(status) == kExitNoOutcome) return "its outcome could not be written; is the disk full?";
  return absl::StrCat("its process ended with exit code ", WEXITSTATUS(status));
}

std::string CgroupName(const std::string& attempt_id) { return absl::StrCat("task-", attempt_id); }

// Blocks until one of `fds` is readable, at most for `limit`. A descriptor of -1 is ignored.
void AwaitReadable(const std::array<int, 4>& fds, absl::Duration limit) {
  std::array<pollfd, 4> polled;
  std::transform(fds.begin(), fds.end(), polled.begin(), [](int fd) { return pollfd{fd, POLLIN, 0}; });
  const timespec wait = absl::ToTimespec(limit);
  ppoll(polled.data(), polled.size(), &wait, nullptr);
}

// Ends all processes of the task, even if its process and the guards are gone.
void EndAllOf(const std::string& attempt_id) {
  const std::string own = OwnCgroup();
  if (own.empty() || EndCgroup(absl::StrCat(own, "/", CgroupName(attempt_id)))) return;
  LogError("processes of a task cannot be ended; the kernel keeps them", {{"job", attempt_id}});
}

ProcessSpec ProcessSpecOf(const std::string& program, const std::string& folder) {
  ProcessSpec spec;
  spec.argv = {program, folder};
#if ORCH_FAILPOINTS
  if (const char* armed = getenv(kFailpointsVariable); armed != nullptr) spec.env[kFailpointsVariable] = armed;
#endif
  return spec;
}

}  // namespace

absl::StatusOr<UniqueFd> TaskProcesses::WriteTask(const TaskFile& task) const {
  const std::string folder = FolderOf(task.request.job_id);
  if (mkdir(folder.c_str(), 0700) != 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", folder));
  ORCH_RETURN_IF_ERROR(SetRoomAside(PidPath(folder), kPidReserveBytes));
  ORCH_RETURN_IF_ERROR(SetRoomAside(ReservePath(folder), kOutcomeReserveBytes));
  const std::string path = TaskPath(folder), text = DumpJson(task.ToJson());
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", path));
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return ErrnoStatus(errno, absl::StrCat("cannot lock ", path));
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = write(file.get(), text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return ErrnoStatus(errno, absl::StrCat("cannot write ", path));
    done += static_cast<size_t>(wrote);
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::optional<actions::Reply> TaskProcesses::Run(const TaskFile& task, const actions::Context& context,
                                                 OutputReader::Sink output) {
  const std::string& attempt_id = task.request.job_id;
  absl::StatusOr<UniqueFd> file = WriteTask(task);
  if (!file.ok()) {
    return actions::Reply::Failure(actions::ErrorKind::kJournal,
                                   absl::StrCat("not started: ", file.status().message()));
  }
  if (output != nullptr) {
    if (const absl::Status made = OutputReader::Make(OutputPath(FolderOf(attempt_id))); !made.ok()) {
      LogWarning("a task runs without live output", {{"job", attempt_id}, {"why", std::string(made.message())}});
    }
  }
  ORCH_FAILPOINT("agent.runner.before_start");
  const absl::StatusOr<pid_t> pid = StartLastingProcess(ProcessSpecOf(program_, FolderOf(attempt_id)), file->get(), 2,
                                                        MakeCgroup(CgroupName(attempt_id)));
  if (!pid.ok())
    return actions::Reply::Failure(actions::ErrorKind::kCrash, absl::StrCat("not started: ", pid.status().message()));
  ORCH_FAILPOINT("agent.runner.after_start");
  file->Reset();  // from now on the process holds the lock
  return Await(attempt_id, *pid, context, std::move(output));
}

std::optional<actions::Reply> TaskProcesses::Resume(const std::string& attempt_id, const actions::Context& context,
                                                    OutputReader::Sink output) {
  return Await(attempt_id, 0, context, std::move(output));
}

// `child` is 0 for a process that a previous agent process started.
std::optional<actions::Reply> TaskProcesses::Await(const std::string& attempt_id, pid_t child,
                                                   const actions::Context& context, OutputReader::Sink output) {
  const std::string folder = FolderOf(attempt_id);
  OutputReader reader(OutputPath(folder), output);
  pid_t pid = child;
  UniqueFd pidfd;
  absl::Duration kill_at = absl::InfiniteDuration();
  bool told = false;
  std::string how;  // our child ended; empty while it runs
  while (true) {
    if (child == 0 && pid == 0) pid = PidIn(folder);
    if (pidfd.get() < 0 && pid != 0) pidfd = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (child != 0 && how.empty()) how = Reaped(child);
    // Checked after the pidfd was opened, so that a process id that was reused is never signalled. If the process was
    // killed, the processes it started may outlive it for a moment.
    const bool given_up = context.clock->Steady() >= kill_at + kEndWait;
    const bool over = (child == 0 || !how.empty()) && (!Lives(folder) || given_up);
    reader.Drain();  // read after the end was seen, when nothing more can come
    if (over) {
      EndAllOf(attempt_id);
      const TaskOutcome outcome = Outcome(attempt_id, how.empty() ? kEnded : how);
      SayPrinted(outcome.printed, output);
      return outcome.reply;
    }
    if (detached_.cancelled()) return std::nullopt;
    const bool lives = pid != 0 && how.empty();
    if (context.cancel->cancelled() && !told && lives) {
      told = true;
      kill_at = context.clock->Steady() + kEndWait;
      kill(pid, SIGTERM);
      kill(pid, SIGCONT);  // a stopped process would not handle SIGTERM
    }
    if (context.clock->Steady() >= kill_at && lives) kill(-pid, SIGKILL);
    const bool known = pidfd.get() >= 0 && !told && how.empty();
    AwaitReadable({how.empty() ? pidfd.get() : -1, detached_.fd(), told ? -1 : context.cancel->fd(), reader.fd()},
                  known ? absl::Seconds(1) : kLookAgain);
  }
}

TaskOutcome TaskProcesses::Outcome(const std::string& attempt_id, const std::string& how_it_ended) const {
  ORCH_FAILPOINT("agent.runner.ended");
  const absl::StatusOr<std::string> text = ReadFile(OutcomePath(FolderOf(attempt_id)), kMaxOutcomeFileBytes);
  absl::StatusOr<TaskOutcome> outcome = text.ok() ? OutcomeFromText(*text) : text.status();
  if (outcome.ok()) return *std::move(outcome);
  return {actions::Reply::Failure(
      actions::ErrorKind::kCrash,
      absl::StrCat("the action may have changed the node, but left no outcome: ",
                   absl::IsNotFound(outcome.status()) ? how_it_ended : outcome.status().message()))};
}

std::vector<TaskProcesses::Left> TaskProcesses::Find() const {
  std::vector<Left> all;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    Left left;
    left.attempt_id = at->path().filename();
    const std::string folder = FolderOf(left.attempt_id);
    left.running = Lives(folder);
    const absl::StatusOr<std::string> text = ReadFile(TaskPath(folder), kMaxTaskFileBytes);
    if (text.ok()) {
      if (const absl::StatusOr<TaskFile> task = TaskFile::FromText(*text); task.ok()) {
        left.no_reply_data = task->no_reply_data;
        left.timeout = task->timeout;
      }
    }
    const absl::StatusOr<std::string> outcome = ReadFile(OutcomePath(folder), kMaxOutcomeFileBytes);
    if (outcome.ok() && !left.running) {
      if (absl::StatusOr<TaskOutcome> kept = OutcomeFromText(*outcome); kept.ok()) left.outcome = *std::move(kept);
    }
    all.push_back(std::move(left));
  }
  return all;
}

void TaskProcesses::Remove(const std::string& attempt_id) const {
  EndAllOf(attempt_id);
  std::error_code error;
  std::filesystem::remove_all(FolderOf(attempt_id), error);
  if (error) LogWarning("the folder of a task cannot be removed", {{"job", attempt_id}, {"why", error.message()}});
}

}  // namespace orch::nodeagent

#include "base/process/process_keeper.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace orch {
namespace {

// The numbers of the keeper's descriptors; all others are closed.
constexpr int kReport = 3;
constexpr int kLog = 4;
constexpr int kFirstFree = 5;
constexpr size_t kKeeperReadBytes = 16u << 10;

void WriteToFd(int fd, const char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = write(fd, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    count -= written;
  }
}

// Returns false if there is no output now, or never again.
bool MoveOutput(int from, size_t* room) {
  char buffer[kKeeperReadBytes];
  const ssize_t count = read(from, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR;
  const size_t kept = std::min(static_cast<size_t>(count), *room);
  WriteToFd(kLog, buffer, kept);
  *room -= kept;
  return count > 0;
}

// Surviving processes may hold the pipe forever, so the end of the program itself counts.
void KeepUntilItEnds(pid_t pid, int output, size_t room) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  fcntl(output, F_SETFL, O_NONBLOCK);
  pollfd watched[] = {{pidfd, POLLIN, 0}, {output, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0 && !MoveOutput(output, &room) && (watched[1].revents & POLLHUP) != 0) {
      watched[1].fd = -1;
    }
    if (watched[0].revents != 0) break;
  }
  while (MoveOutput(output, &room)) {
  }
}

void LeaveEverythingBehind(int report_fd, int log_fd) {
  struct sigaction defaults = {};
  defaults.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &defaults, nullptr);
  defaults.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &defaults, nullptr);
  sigaction(SIGHUP, &defaults, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_NAME, "orch-keeper");
  [[maybe_unused]] const int moved = chdir("/");
  // Moves both to 5 or above first, so that neither dup2 closes the other.
  report_fd = fcntl(report_fd, F_DUPFD, kFirstFree);
  log_fd = fcntl(log_fd, F_DUPFD, kFirstFree);
  dup2(report_fd, kReport);
  dup2(log_fd, kLog);
  syscall(SYS_close_range, static_cast<unsigned>(kFirstFree), ~0U, 0U);
  const int nothing = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(nothing, fd);
}

}  // namespace

void KeepProcess(SpawnPlan plan, int report_fd, int log_fd, size_t max_log) {
  setsid();
  if (_Fork() != 0) _exit(0);
  LeaveEverythingBehind(report_fd, log_fd);
  fcntl(kReport, F_SETFD, FD_CLOEXEC);
  fcntl(kLog, F_SETFD, FD_CLOEXEC);
  KeeperReport report;
  int output[2] = {-1, -1};
  plan.stdin_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (plan.stdin_fd < 0 || pipe2(output, O_CLOEXEC) != 0) {
    report.failure = {SpawnFailure::Stage::kFork, errno};
  } else {
    plan.stdout_fd = output[1];
    plan.stderr_fd = output[1];
    report.pid = SpawnChild(plan, &report.failure);
  }
  WriteToFd(kReport, reinterpret_cast<const char*>(&report), sizeof report);
  if (report.pid < 0) _exit(1);
  close(output[1]);
  KeepUntilItEnds(report.pid, output[0], max_log);
  int status = 0;
  while (waitpid(report.pid, &status, 0) < 0 && errno == EINTR) {
  }
  WriteToFd(kReport, reinterpret_cast<const char*>(&status), sizeof status);
  _exit(0);
}

}  // namespace orch

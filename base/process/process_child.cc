#include "base/process/process_child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace orch {
namespace {

constexpr mode_t kChildUmask = 022;
// The system's default soft limits; a lower hard limit wins.
struct SoftLimit {
  int what;
  rlim_t value;
};
constexpr SoftLimit kSoftLimits[] = {
    {RLIMIT_NOFILE, 1024},  // programs that use select(2) break beyond
    {RLIMIT_CORE, 0},
    {RLIMIT_STACK, rlim_t{8} << 20},
    {RLIMIT_CPU, RLIM_INFINITY},
    {RLIMIT_FSIZE, RLIM_INFINITY},
    {RLIMIT_DATA, RLIM_INFINITY},
    {RLIMIT_AS, RLIM_INFINITY},
};
constexpr int kIoPriorityOfProcess = 1;  // IOPRIO_WHO_PROCESS

// Runs in the memory of the parent (vfork), so it makes system calls only and writes only to its own stack.
[[noreturn]] void Fail(int status_fd, SpawnFailure::Stage stage) {
  const SpawnFailure failure{stage, errno};
  [[maybe_unused]] const ssize_t written = write(status_fd, &failure, sizeof failure);
  _exit(127);
}

// Undoes the limits and priorities that the unit of this program has set. A child of vfork may set its own
// oom_score_adj, because the kernel recognizes it by its waiting parent.
void TakeDefaults() {
  setpriority(PRIO_PROCESS, 0, 0);
  syscall(SYS_ioprio_set, kIoPriorityOfProcess, 0, 0);
  const sched_param none{};
  sched_setscheduler(0, SCHED_OTHER, &none);
  for (const SoftLimit& soft : kSoftLimits) {
    rlimit limit;
    if (getrlimit(static_cast<__rlimit_resource>(soft.what), &limit) != 0) continue;
    limit.rlim_cur = std::min(soft.value, limit.rlim_max);
    setrlimit(static_cast<__rlimit_resource>(soft.what), &limit);
  }
  const int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score < 0) return;
  [[maybe_unused]] const ssize_t written = write(score, "0", 1);
  close(score);
}

[[noreturn]] void RunChild(const SpawnPlan& plan, int status_fd) {
  struct sigaction defaults = {};
  defaults.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &defaults, nullptr);  // SIGKILL and the like refuse
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setsid();
  umask(kChildUmask);
  if (plan.cgroup_fd >= 0) {
    [[maybe_unused]] const ssize_t written = write(plan.cgroup_fd, "0", 1);  // else it stays where it is
  }
  if (!plan.as_parent) TakeDefaults();
  if (chdir(plan.cwd) != 0) Fail(status_fd, SpawnFailure::Stage::kFolder);
  if (dup2(plan.stdin_fd, 0) < 0 || dup2(plan.stdout_fd, 1) < 0 || dup2(plan.stderr_fd, 2) < 0) {
    Fail(status_fd, SpawnFailure::Stage::kDescriptors);
  }
  // Marks the descriptors instead of closing them, because the status pipe must last until exec, which closes it.
  if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    const long last = sysconf(_SC_OPEN_MAX);
    for (int fd = 3; fd < last; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  execve(plan.path, plan.argv, plan.envp);
  Fail(status_fd, SpawnFailure::Stage::kExec);
}

// A function of its own, as vfork demands, because the child must not change the locals of a caller.
__attribute__((noinline)) pid_t Fork(const SpawnPlan& plan, int status_fd) {
  const pid_t pid = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork): the children are prepared
  if (pid == 0) RunChild(plan, status_fd);  // NOLINT(clang-analyzer-unix.Vfork): calls only what is safe there
  return pid;
}

}  // namespace

pid_t SpawnChild(const SpawnPlan& plan, SpawnFailure* failure) {
  int status[2];
  if (pipe2(status, O_CLOEXEC) != 0) {
    *failure = {SpawnFailure::Stage::kFork, errno};
    return -1;
  }
  // Above the standard descriptors, where dup2 would close it.
  const int status_fd = fcntl(status[1], F_DUPFD_CLOEXEC, 3);
  // None of our signal handlers may run in the child, which shares our memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = status_fd < 0 ? -1 : Fork(plan, status_fd);
  const int fork_error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(status[1]);
  if (status_fd >= 0) close(status_fd);

  *failure = {};
  if (pid < 0) {
    *failure = {SpawnFailure::Stage::kFork, fork_error};
  } else if (read(status[0], failure, sizeof *failure) != static_cast<ssize_t>(sizeof *failure)) {
    *failure = {};
  }
  close(status[0]);
  if (failure->stage == SpawnFailure::Stage::kNone) return pid;
  if (pid > 0) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  return -1;
}

}  // namespace orch

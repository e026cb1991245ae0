#include "base/process/process_guard.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>

#include "base/process/process_tree.h"

namespace orch {
namespace {

constexpr char kName[] = "orch-guard";
constexpr int kArgumentsBegin = 48, kArgumentsEnd = 49;  // fields of /proc/PID/stat, counted from 1
constexpr int kLookAgainMs = 10;
constexpr int64_t kKillWaitMs = 5000;  // for a process that not even SIGKILL ends (it waits in the kernel)
constexpr int kGentleRounds = 3;       // of killing; then all are stopped first, so that none starts another
constexpr int kMaxStopPasses = 8;
constexpr int kMakerReadsMs = 5000;

int64_t NowMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void CloseAllBut(int* kept, size_t count) {
  std::sort(kept, kept + count);
  unsigned next = 0;
  for (size_t i = 0; i < count; ++i) {
    if (kept[i] < 0) continue;
    const unsigned fd = static_cast<unsigned>(kept[i]);
    if (fd > next) syscall(SYS_close_range, next, fd - 1, 0U);
    next = std::max(next, fd + 1);
  }
  syscall(SYS_close_range, next, ~0U, 0U);
}

// `stat` begins with the state, which is field 3.
uintptr_t StatField(const char* stat, int wanted) {
  int field = 3;
  for (; *stat != '\0' && field < wanted; ++stat) field += *stat == ' ' ? 1 : 0;
  uintptr_t value = 0;
  for (; *stat >= '0' && *stat <= '9'; ++stat) value = value * 10 + static_cast<uintptr_t>(*stat - '0');
  return value;
}

// Renames the guard, so that nobody who ends the maker by its name or command line also ends the guard.
void TakeName() {
  prctl(PR_SET_NAME, kName);
  char text[2048];
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (size <= 0) return;
  text[size] = '\0';
  const char* const name_end = strrchr(text, ')');
  if (name_end == nullptr || name_end[1] == '\0') return;
  const uintptr_t begin = StatField(name_end + 2, kArgumentsBegin), end = StatField(name_end + 2, kArgumentsEnd);
  if (begin == 0 || end <= begin) return;
  auto* const arguments =
      reinterpret_cast<volatile char*>(begin);  // NOLINT(performance-no-int-to-ptr): from /proc, ours since the fork
  for (uintptr_t i = 0; i < end - begin; ++i) arguments[i] = i + 1 < sizeof kName ? kName[i] : '\0';
  arguments[end - begin - 1] = '\0';
}

class Guard {
 public:
  Guard(const SpawnPlan& plan, const GuardPlan& guard) : plan_(plan), guard_(guard) {}

  void Run() {
    Settle();
    GuardReport started;
    started.pid = program_ = SpawnChild(plan_, &started.failure);
    Send(started);
    if (program_ < 0) return;
    for (const int fd : {plan_.stdin_fd, plan_.stdout_fd, plan_.stderr_fd}) close(fd);
    if (plan_.cgroup_fd >= 0) close(plan_.cgroup_fd);
    const int64_t limit = guard_.limit_ms > 0 ? NowMs() + guard_.limit_ms : INT64_MAX;
    while (!Over() && NowMs() < limit) Wait(limit);
    const bool leaves = guard_.leaves && has_ended_ && !told_to_end_;
    if (!leaves) EndAll(/*program_too=*/true);
    GuardReport ended;
    ended.kind = GuardReport::Kind::kEnded;
    ended.status = has_ended_ ? status_ : SIGKILL;  // it ends as soon as the kernel lets it
    Send(ended);
    if (leaves || !spared_.empty()) ReadOn();
  }

 private:
  // Detaches the guard from the program that forked it.
  void Settle() {
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    struct sigaction defaults = {};
    defaults.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &defaults, nullptr);
    sigset_t all, child;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int kept[] = {0,
                  guard_.channel,
                  guard_.out,
                  guard_.err,
                  guard_.cgroup_kill_fd,
                  plan_.stdin_fd,
                  plan_.stdout_fd,
                  plan_.stderr_fd,
                  plan_.cgroup_fd};
    CloseAllBut(kept, std::size(kept));
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {1, 2}) {
      if (nothing >= 0 && fd != nothing) dup2(nothing, fd);
    }
    signals_ = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    [[maybe_unused]] const int moved = chdir("/");
    TakeName();
  }

  void Send(const GuardReport& report) const { send(guard_.channel, &report, sizeof report, MSG_NOSIGNAL); }

  // Returns false if no child is left.
  bool Reap() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) > 0) {
    }
    while (true) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid == 0) return true;
      if (pid < 0) return errno != ECHILD;
      spared_.Remove(pid);
      if (pid != program_) continue;
      has_ended_ = true;
      status_ = status;
    }
  }

  bool Over() {
    const bool children = Reap();
    if (killed_) return true;
    // The descendants of the program get the same time to end as the program itself.
    return has_ended_ && (!told_to_end_ || !children);
  }

  void Wait(int64_t limit) {
    pollfd fds[] = {{guard_.channel, POLLIN, 0}, {signals_, POLLIN, 0}};
    const int64_t left = std::clamp<int64_t>(limit - NowMs(), 0, 60'000);
    poll(fds, 2, static_cast<int>(signals_ < 0 ? kLookAgainMs : left));
    if (fds[0].revents != 0) Obey();
  }

  void Obey() {
    char command = 0;
    const ssize_t size = recv(guard_.channel, &command, 1, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    GuardReport settled;
    settled.kind = GuardReport::Kind::kSettled;
    switch (size <= 0 ? GuardCommand::kKill : static_cast<GuardCommand>(command)) {
      case GuardCommand::kTerminate:
        told_to_end_ = true;
        tree_.Find(getpid(), spared_);
        tree_.Signal(SIGTERM);
        tree_.Signal(SIGCONT);  // one that is stopped would not hear of it
        return;
      case GuardCommand::kSpare:
        tree_.Find(getpid(), spared_);
        tree_.VisitChildren([this](pid_t pid) {
          if (pid != program_) spared_.Add(pid);
        });
        return Send(settled);
      case GuardCommand::kEndOrphans:
        EndAll(/*program_too=*/false);
        return Send(settled);
      default:
        told_to_end_ = killed_ = true;
    }
  }

  // Ends the descendants of the guard until none is left or the kernel does not release one. Leaves out the program's
  // own tree unless `program_too`.
  void EndAll(bool program_too) {
    if (program_too && guard_.cgroup_kill_fd >= 0) {
      [[maybe_unused]] const ssize_t written = write(guard_.cgroup_kill_fd, "1", 1);
    }
    if (program_too && !has_ended_ && spared_.empty()) kill(-program_, SIGKILL);  // who is spared may be there
    SparedChildren kept = spared_;
    if (!program_too) kept.Add(program_);
    const int64_t give_up = NowMs() + kKillWaitMs;
    for (int round = 0; Reap() && NowMs() < give_up; ++round) {
      if (tree_.Find(getpid(), kept) == 0) {
        if (!tree_.HasEnded()) return;  // else they wait to be reaped
      } else {
        if (round >= kGentleRounds) StopAll(kept);
        tree_.Signal(SIGKILL);
      }
      pollfd child = {signals_, POLLIN, 0};
      poll(&child, 1, kLookAgainMs);
    }
  }

  void StopAll(const SparedChildren& kept) {
    size_t before = 0;
    for (int pass = 0; pass < kMaxStopPasses; ++pass) {
      tree_.Signal(SIGSTOP);
      const size_t now = tree_.Find(getpid(), kept);
      if (now == before) return;
      before = now;
    }
  }

  // Processes that were left running may write to the program's outputs as long as they live. So that a write neither
  // ends nor blocks them, a small program reads on after the maker has read its part.
  void ReadOn() const {
    pollfd maker = {guard_.channel, POLLIN, 0};
    poll(&maker, 1, kMakerReadsMs);
    for (const int fd : {guard_.out, guard_.err}) {
      pollfd writers = {fd, POLLIN, 0};
      if (fd < 0 || (poll(&writers, 1, 0) == 1 && (writers.revents & POLLHUP) != 0)) continue;  // nobody has it
      // The end of the maker is non-blocking, and all its copies share that flag.
      char path[] = "/proc/self/fd/00000";
      for (int at = sizeof path - 2, rest = fd; at >= 14; --at, rest /= 10)
        path[at] = static_cast<char>('0' + rest % 10);
      const char* number = path + 14;
      while (*number == '0' && number[1] != '\0') ++number;
      memmove(path + 14, number, strlen(number) + 1);
      StartReader(open(path, O_RDONLY | O_CLOEXEC));
    }
  }

  static void StartReader(int fd) {
    static char name[] = "cat";
    static char* const arguments[] = {name, nullptr};
    static char* const no_environment[] = {nullptr};
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 3 || nothing < 3) return;  // there is nothing to be done about it
    SpawnPlan plan = {};
    plan.path = "/bin/cat";
    plan.argv = arguments;
    plan.envp = no_environment;
    plan.cwd = "/";
    plan.stdin_fd = fd;
    plan.stdout_fd = plan.stderr_fd = nothing;
    SpawnFailure failure;
    SpawnChild(plan, &failure);
    close(fd);
    close(nothing);
  }

  const SpawnPlan plan_;
  const GuardPlan guard_;
  ProcessTree tree_;
  SparedChildren spared_;
  pid_t program_ = -1;
  int signals_ = -1;
  int status_ = 0;
  bool has_ended_ = false;    // the program
  bool told_to_end_ = false;  // by the maker, before the program ended by itself
  bool killed_ = false;
};

}  // namespace

void GuardProcess(const SpawnPlan& plan, const GuardPlan& guard) {
  Guard(plan, guard).Run();
  _exit(0);
}

}  // namespace orch

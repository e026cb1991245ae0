#include "base/process/guarded_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/process/process_cgroup.h"
#include "base/process/process_child.h"
#include "base/process/process_pipe.h"
#include "base/process/process_spec.h"
#include "base/process/process_tree.h"
#include "base/process/spawn_arguments.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch {
namespace {

constexpr int kLostRounds = 20;
constexpr int kAwaitMs = 10'000;  // longer than a guard waits for the kernel

absl::Status MakeChannel(UniqueFd* maker, UniqueFd* guard) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return NoResource("cannot make a socket");
  const UniqueFd low_maker(ends[0]), low_guard(ends[1]);
  *maker = UniqueFd(fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
  *guard = UniqueFd(fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
  return maker->get() < 0 || guard->get() < 0 ? NoResource("cannot make a socket") : absl::OkStatus();
}

// The cgroup of a program, and the file that ends it.
struct RunCgroup {
  std::string folder;
  UniqueFd processes;
  UniqueFd kill;
};

RunCgroup MakeRunCgroup(bool leaves) {
  RunCgroup place;
  place.folder = leaves ? LastingCgroup() : MakeCgroup(NextRunCgroup());
  if (place.folder.empty()) return place;
  const auto open_above = [&place](const char* file) {
    const UniqueFd low(open(absl::StrCat(place.folder, "/", file).c_str(), O_WRONLY | O_CLOEXEC));
    return UniqueFd(low.get() < 0 ? -1 : fcntl(low.get(), F_DUPFD_CLOEXEC, 3));
  };
  place.processes = open_above("cgroup.procs");
  if (leaves) {
    place.folder.clear();  // it is nobody's own
  } else {
    place.kill = open_above("cgroup.kill");
  }
  return place;
}

}  // namespace

absl::StatusOr<std::unique_ptr<GuardedProcess>> GuardedProcess::Start(const ProcessSpec& spec, UniqueFd in,
                                                                      const Options& options) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<SpawnArguments> arguments, SpawnArguments::Make(spec));
  std::unique_ptr<GuardedProcess> process(new GuardedProcess);
  UniqueFd out_child, err_child, channel_child;
  ORCH_RETURN_IF_ERROR(MakePipe(&process->out_, &out_child));
  ORCH_RETURN_IF_ERROR(MakePipe(&process->err_, &err_child));
  ORCH_RETURN_IF_ERROR(MakeChannel(&process->channel_, &channel_child));
  fcntl(process->out_.get(), F_SETFL, O_NONBLOCK);
  fcntl(process->err_.get(), F_SETFL, O_NONBLOCK);
  const bool outlived = options.leaves || options.spares;
  RunCgroup place = MakeRunCgroup(outlived);
  process->cgroup_ = place.folder;
  SpawnPlan plan = arguments->Plan(in.get(), out_child.get(), err_child.get());
  plan.cgroup_fd = place.processes.get();
  const GuardPlan guard{.channel = channel_child.get(),
                        .out = outlived ? process->out_.get() : -1,
                        .err = outlived ? process->err_.get() : -1,
                        .leaves = options.leaves,
                        .limit_ms = absl::ToInt64Milliseconds(options.limit),
                        .cgroup_kill_fd = place.kill.get()};
  // None of our signal handlers may run in the guard.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  process->guard_ = _Fork();
  if (process->guard_ == 0) GuardProcess(plan, guard);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (process->guard_ < 0) return NoResource(absl::StrCat("cannot start ", spec.argv[0]));
  channel_child.Reset();
  GuardReport started;
  if (!process->Take(/*wait=*/true, &started)) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot start ", spec.argv[0], ": its guard was ended"));
  }
  process->pid_ = started.pid;
  if (started.pid >= 0) return process;
  process->ended_ = true;
  return arguments->Explain(started.failure);
}

GuardedProcess::~GuardedProcess() {
  if (guard_ < 0) return;
  if (!ended_) {
    Kill();
    AwaitEnd();
  }
  ReapGuard();
  EndCgroup(cgroup_);
}

// False if there is no report yet, or if the guard was killed; ended_ is then set.
bool GuardedProcess::Take(bool wait, GuardReport* report) {
  ssize_t size;
  do {
    size = recv(channel_.get(), report, sizeof *report, wait ? 0 : MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size == static_cast<ssize_t>(sizeof *report)) return true;
  if (size < 0 && errno == EAGAIN) return false;
  OnGuardLost();
  return false;
}

// Handles a guard that was killed. Processes that the program detached before are found only by their cgroup, or if
// this process is a subreaper.
void GuardedProcess::OnGuardLost() {
  if (ended_) return;
  ended_ = true;
  status_ = SIGKILL;
  if (pid_ <= 0) return;
  if (EndCgroup(cgroup_) && !cgroup_.empty()) return;
  int adopts = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &adopts);
  ProcessTree tree;
  for (int round = 0; round < kLostRounds; ++round) {
    if (adopts == 0) kill(pid_, SIGSTOP);
    if (tree.Find(adopts != 0 ? getpid() : pid_, SparedChildren()) == 0 && round > 0) break;
    tree.Signal(SIGKILL);
  }
  kill(-pid_, SIGKILL);
}

bool GuardedProcess::Ended() {
  GuardReport report;
  while (!ended_ && Take(/*wait=*/false, &report)) {
    if (report.kind != GuardReport::Kind::kEnded) continue;
    ended_ = true;
    status_ = report.status;
  }
  return ended_;
}

void GuardedProcess::Terminate() {
  const auto command = GuardCommand::kTerminate;
  send(channel_.get(), &command, 1, MSG_NOSIGNAL);
}

void GuardedProcess::Kill() {
  const auto command = GuardCommand::kKill;
  send(channel_.get(), &command, 1, MSG_NOSIGNAL);
}

void GuardedProcess::SettleOrphans(bool spare) {
  const auto command = spare ? GuardCommand::kSpare : GuardCommand::kEndOrphans;
  if (ended_ || send(channel_.get(), &command, 1, MSG_NOSIGNAL) != 1) return;
  pollfd news = {channel_.get(), POLLIN, 0};
  GuardReport report;
  while (!ended_ && poll(&news, 1, kAwaitMs) == 1 && Take(/*wait=*/false, &report)) {
    if (report.kind == GuardReport::Kind::kSettled) return;
    if (report.kind != GuardReport::Kind::kEnded) continue;
    ended_ = true;
    status_ = report.status;
  }
}

void GuardedProcess::AwaitEnd() {
  pollfd news = {channel_.get(), POLLIN, 0};
  while (!Ended()) {
    const int count = poll(&news, 1, kAwaitMs);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    kill(guard_, SIGKILL);  // somebody has stopped it
    OnGuardLost();
  }
}

void GuardedProcess::ReapGuard() {
  channel_.Reset();  // the guard waits for this before others read what is left of the outputs
  while (waitpid(guard_, nullptr, 0) < 0 && errno == EINTR) {
  }
  guard_ = -1;
}

}  // namespace orch

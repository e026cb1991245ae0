#include "base/process_run.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <thread>
#include <utility>

namespace orch {
namespace {

constexpr size_t kReadBytes = 64u << 10;
constexpr size_t kMaxDrainReads = 64;                   // after the end: no more than full pipes can hold
constexpr absl::Duration kMaxWait = absl::Seconds(1);   // of one poll; the given clock decides, not poll's
constexpr absl::Duration kKillWait = absl::Seconds(5);  // for a process that not even SIGKILL ends (in the kernel)
constexpr absl::Duration kNoPidfdWait = absl::Milliseconds(10);

}  // namespace

RunningProcess::RunningProcess(pid_t pid, const ProcessSpec& spec, const Clock& clock, ProcessFd out, ProcessFd err)
    : pid_(pid),
      spec_(spec),
      clock_(clock),
      start_(clock.Steady()),
      pidfd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))),
      out_(std::move(out)),
      err_(std::move(err)) {}

ProcessResult RunningProcess::Run() {
  deadline_ = start_ + spec_.timeout;
  while (!Exited()) {
    if (clock_.Steady() >= deadline_ && !Escalate()) break;
    Wait();
  }
  // While the leader is not reaped, its group's number cannot belong to anyone else.
  kill(-pid_, SIGKILL);
  bool more = true;
  for (size_t i = 0; more && i < kMaxDrainReads; ++i) {
    const bool more_out = Read(&out_, ProcessStream::kOut, &result_.out, &result_.out_truncated);
    const bool more_err = Read(&err_, ProcessStream::kErr, &result_.err, &result_.err_truncated);
    more = more_out || more_err;
  }
  Reap();
  result_.wall = clock_.Steady() - start_;
  return std::move(result_);
}

bool RunningProcess::Exited() const {
  siginfo_t info = {};
  return waitid(P_PID, pid_, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid_;
}

void RunningProcess::End(ProcessResult::End why) {
  if (ending_) return;
  ending_ = true;
  result_.end = why;
  kill(-pid_, SIGTERM);
  deadline_ = clock_.Steady() + spec_.kill_grace;
}

// At a deadline. False when there is nothing left to do.
bool RunningProcess::Escalate() {
  if (!ending_) {
    End(ProcessResult::End::kTimedOut);
  } else if (!killed_) {
    killed_ = true;
    kill(-pid_, SIGKILL);
    deadline_ = clock_.Steady() + kKillWait;
  } else {
    return false;
  }
  return true;
}

void RunningProcess::Wait() {
  const bool cancellable = spec_.cancel != nullptr && !ending_;
  pollfd fds[] = {{out_.get(), POLLIN, 0},
                  {err_.get(), POLLIN, 0},
                  {pidfd_.get(), POLLIN, 0},
                  {cancellable ? spec_.cancel->fd() : -1, POLLIN, 0}};
  const absl::Duration limit = pidfd_.get() < 0 ? kNoPidfdWait : kMaxWait;
  const absl::Duration left = std::clamp(deadline_ - clock_.Steady(), absl::ZeroDuration(), limit);
  const timespec wait = absl::ToTimespec(left);
  if (ppoll(fds, 4, &wait, nullptr) < 0) return;  // EINTR
  if (fds[0].revents != 0) Read(&out_, ProcessStream::kOut, &result_.out, &result_.out_truncated);
  if (fds[1].revents != 0) Read(&err_, ProcessStream::kErr, &result_.err, &result_.err_truncated);
  if (spec_.end_on_output_limit && (result_.out_truncated || result_.err_truncated)) {
    End(ProcessResult::End::kOutputLimit);
  }
  if (cancellable && spec_.cancel->cancelled()) End(ProcessResult::End::kCancelled);
}

// One read. False when there is nothing more now.
bool RunningProcess::Read(ProcessFd* fd, ProcessStream stream, std::string* kept, bool* truncated) {
  if (fd->get() < 0) return false;
  char buffer[kReadBytes];
  const ssize_t size = read(fd->get(), buffer, sizeof buffer);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (size <= 0) {
    fd->Close();
    return false;
  }
  if (spec_.on_output != nullptr) spec_.on_output(stream, absl::string_view(buffer, size));
  const size_t room = spec_.max_output - std::min(spec_.max_output, kept->size());
  kept->append(buffer, std::min<size_t>(size, room));
  *truncated |= static_cast<size_t>(size) > room;
  return true;
}

void RunningProcess::Reap() {
  siginfo_t info = {};
  int outcome;
  do {
    outcome = waitid(P_PID, pid_, &info, WEXITED | WNOHANG);
  } while (outcome != 0 && errno == EINTR);
  if (outcome == 0 && info.si_pid == 0) {  // stuck in the kernel: somebody must still collect it one day
    std::thread([pid = pid_] { waitpid(pid, nullptr, 0); }).detach();
    return;
  }
  if (ending_) return;
  if (spec_.end_on_output_limit && (result_.out_truncated || result_.err_truncated)) {
    result_.end = ProcessResult::End::kOutputLimit;  // it ended before its last bytes were read
  } else if (outcome == 0 && info.si_code == CLD_EXITED) {
    result_.end = ProcessResult::End::kExited;
    result_.exit_code = info.si_status;
  } else {
    result_.end = ProcessResult::End::kSignalled;
    result_.signal = outcome == 0 ? info.si_status : 0;
  }
}

}  // namespace orch

#include "base/process/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/process/cancel_token.h"
#include "base/process/process_pipe.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch {
namespace {

constexpr size_t kAnswerReadBytes = 64u << 10;
constexpr absl::Duration kMaxAnswerPoll = absl::Seconds(1);    // of one poll; the given clock decides, not poll's
constexpr absl::Duration kReapWait = absl::Milliseconds(500);  // for a process that closed its output to be gone

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Start(const Options& options, const Clock* clock) {
  UniqueFd in_child, in;
  ORCH_RETURN_IF_ERROR(MakePipe(&in_child, &in));
  fcntl(in.get(), F_SETFL, O_NONBLOCK);
  ORCH_ASSIGN_OR_RETURN(
      std::unique_ptr<GuardedProcess> process,
      GuardedProcess::Start(options.process, std::move(in_child), {.spares = options.process.leaves}));
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(std::move(process), std::move(in), options, clock));
}

WorkerProcess::WorkerProcess(std::unique_ptr<GuardedProcess> process, UniqueFd in, const Options& options,
                             const Clock* clock)
    : clock_(clock),
      max_line_(options.max_line),
      leaves_(options.process.leaves),
      process_(std::move(process)),
      pidfd_(static_cast<int>(syscall(SYS_pidfd_open, process_->pid(), 0))),
      in_(std::move(in)) {}

WorkerProcess::~WorkerProcess() { Kill(); }

absl::StatusOr<std::string> WorkerProcess::Exchange(absl::string_view line, absl::Duration timeout,
                                                    const CancelToken* cancel) {
  if (absl::StrContains(line, '\n')) return absl::InvalidArgumentError("a request to a worker must be one line");
  if (!Alive()) return Ended();
  // Unrequested output would be mistaken for the answer.
  ReadOut();
  ReadErr();
  if (!buffer_.empty()) {
    return Fail(
        absl::FailedPreconditionError("the worker printed something before it was asked; its standard output "
                                      "is for answers only"));
  }
  const absl::Duration deadline = clock_->Steady() + timeout;
  if (const absl::Status written = Write(absl::StrCat(line, "\n"), deadline, cancel); !written.ok())
    return Fail(written);
  absl::StatusOr<std::string> answer = ReadLine(deadline, cancel);
  if (!answer.ok()) return Fail(answer.status());
  process_->SettleOrphans(/*spare=*/leaves_);
  return answer;
}

absl::Status WorkerProcess::Write(absl::string_view text, absl::Duration deadline, const CancelToken* cancel) {
  while (!text.empty()) {
    // Writing to a pipe without a reader raises SIGPIPE for this thread; keep it from the process.
    sigset_t pipe_signal, before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t written = write(in_.get(), text.data(), text.size());
    const int error = errno;
    if (written < 0 && error == EPIPE) {
      const timespec now = {};
      sigtimedwait(&pipe_signal, nullptr, &now);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (written > 0) {
      text.remove_prefix(written);
    } else if (written < 0 && error == EAGAIN) {
      ORCH_RETURN_IF_ERROR(Await(/*writing=*/true, deadline, cancel));
      // Reads meanwhile, because a worker that answers before it has read everything would block both sides.
      ReadOut();
    } else if (written < 0 && error != EINTR) {
      return Ended();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> WorkerProcess::ReadLine(absl::Duration deadline, const CancelToken* cancel) {
  size_t searched = 0;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos && end <= max_line_) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (end != std::string::npos || buffer_.size() > max_line_) {
      return absl::ResourceExhaustedError(absl::StrCat("the worker's answer is longer than ", max_line_, " bytes"));
    }
    searched = buffer_.size();
    ORCH_RETURN_IF_ERROR(Await(/*writing=*/false, deadline, cancel));
    if (!ReadOut() && buffer_.find('\n', searched) == std::string::npos) return Ended();
  }
}

absl::Status WorkerProcess::Await(bool writing, absl::Duration deadline, const CancelToken* cancel) {
  while (true) {
    if (cancel != nullptr && cancel->cancelled()) return absl::CancelledError("the job was cancelled");
    const absl::Duration left = deadline - clock_->Steady();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("the worker did not answer in time");
    pollfd fds[] = {{process_->out().get(), POLLIN, 0},
                    {process_->err().get(), POLLIN, 0},
                    {writing ? in_.get() : -1, POLLOUT, 0},
                    {cancel != nullptr ? cancel->fd() : -1, POLLIN, 0}};
    const timespec wait = absl::ToTimespec(std::min(left, kMaxAnswerPoll));
    if (ppoll(fds, 4, &wait, nullptr) <= 0) continue;
    if (fds[1].revents != 0) ReadErr();
    if (fds[0].revents != 0 || fds[2].revents != 0) return absl::OkStatus();
  }
}

bool WorkerProcess::ReadOut() {
  char bytes[kAnswerReadBytes];
  while (process_->out().get() >= 0 && buffer_.size() <= max_line_) {
    const ssize_t size = read(process_->out().get(), bytes, sizeof bytes);
    if (size > 0) {
      buffer_.append(bytes, size);
    } else if (size < 0 && errno == EINTR) {
      continue;
    } else {
      if (size == 0 || errno != EAGAIN) process_->out().Reset();
      break;
    }
  }
  return process_->out().get() >= 0;
}

void WorkerProcess::ReadErr() {
  char bytes[kAnswerReadBytes];
  // Bounds the reads, because a worker may write errors without end.
  for (int reads = 0; reads < 16 && process_->err().get() >= 0; ++reads) {
    const ssize_t size = read(process_->err().get(), bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      if (size == 0 || errno != EAGAIN) process_->err().Reset();
      return;
    }
    error_tail_.append(bytes, size);
    if (error_tail_.size() > kMaxErrorTail) error_tail_.erase(0, error_tail_.size() - kMaxErrorTail);
  }
}

bool WorkerProcess::Alive() {
  pollfd ended = {pidfd_.get(), POLLIN, 0};
  if (poll(&ended, 1, 0) == 1) process_->AwaitEnd();
  return !process_->Ended();
}

absl::Status WorkerProcess::Ended() {
  const absl::Duration give_up = clock_->Steady() + kReapWait;
  const timespec moment = absl::ToTimespec(absl::Milliseconds(5));
  while (Alive() && clock_->Steady() < give_up) ppoll(nullptr, 0, &moment, nullptr);
  ReadErr();
  if (Alive()) return absl::UnavailableError("the worker closed its standard output");
  const int status = process_->status();
  if (WIFSIGNALED(status)) {
    return absl::UnavailableError(absl::StrCat("the worker was ended by signal ", WTERMSIG(status)));
  }
  return absl::UnavailableError(absl::StrCat("the worker ended with exit code ", WEXITSTATUS(status)));
}

absl::Status WorkerProcess::Fail(absl::Status why) {
  Kill();
  return why;
}

std::string WorkerProcess::ErrorTail() {
  ReadErr();
  return error_tail_;
}

void WorkerProcess::Stop(absl::Duration grace) {
  in_.Reset();
  const absl::Duration give_up = clock_->Steady() + grace;
  while (Alive() && clock_->Steady() < give_up) {
    pollfd fds[] = {{process_->out().get(), POLLIN, 0}, {process_->err().get(), POLLIN, 0}};
    const timespec moment = absl::ToTimespec(absl::Milliseconds(10));
    ppoll(fds, 2, &moment, nullptr);
    buffer_.clear();
    ReadOut();
    ReadErr();
  }
  Kill();
}

void WorkerProcess::Kill() {
  if (Alive()) {
    process_->Kill();
    process_->AwaitEnd();
  }
  ReadErr();
  in_.Reset();
}

}  // namespace orch

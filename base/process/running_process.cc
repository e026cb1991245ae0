#include "base/process/running_process.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/process/process_spec.h"
#include "base/unique_fd.h"
#include "base/utf8.h"

namespace orch {
namespace {

constexpr size_t kPipeReadBytes = 64u << 10;
constexpr size_t kMaxDrainReads = 64;                    // after the end: no more than full pipes can hold
constexpr absl::Duration kMaxPoll = absl::Seconds(1);    // of one poll; the given clock decides, not poll's
constexpr absl::Duration kKillWait = absl::Seconds(10);  // longer than the guard waits for the kernel

// Drops an incomplete character at the end.
void EndAtCharacter(std::string* text) { text->resize(text->size() - UnfinishedTail(*text)); }

}  // namespace

RunningProcess::RunningProcess(std::unique_ptr<GuardedProcess> process, const ProcessSpec& spec, const Clock& clock)
    : process_(std::move(process)), spec_(spec), clock_(clock), start_(clock.Steady()) {}

ProcessResult RunningProcess::Run() {
  deadline_ = start_ + spec_.timeout;
  while (!process_->Ended()) {
    if (clock_.Steady() >= deadline_ && !Escalate()) break;
    Wait();
  }
  process_->AwaitEnd();
  bool more = true;
  for (size_t i = 0; more && i < kMaxDrainReads; ++i) {
    const bool more_out = Read(&process_->out(), ProcessStream::kOut, &result_.out, &result_.out_truncated);
    const bool more_err = Read(&process_->err(), ProcessStream::kErr, &result_.err, &result_.err_truncated);
    more = more_out || more_err;
  }
  if (result_.out_truncated) EndAtCharacter(&result_.out);
  if (result_.err_truncated) EndAtCharacter(&result_.err);
  SayHowItEnded();
  result_.wall = clock_.Steady() - start_;
  return std::move(result_);
}

void RunningProcess::End(ProcessResult::End why) {
  if (ending_) return;
  ending_ = true;
  result_.end = why;
  process_->Terminate();
  deadline_ = clock_.Steady() + spec_.kill_grace;
}

// Handles the deadline. False if nothing is left to do.
bool RunningProcess::Escalate() {
  if (!ending_) {
    End(ProcessResult::End::kTimedOut);
  } else if (!killed_) {
    killed_ = true;
    process_->Kill();
    deadline_ = clock_.Steady() + kKillWait;
  } else {
    return false;
  }
  return true;
}

void RunningProcess::Wait() {
  const bool cancellable = spec_.cancel != nullptr && !ending_;
  pollfd fds[] = {{process_->out().get(), POLLIN, 0},
                  {process_->err().get(), POLLIN, 0},
                  {process_->fd(), POLLIN, 0},
                  {cancellable ? spec_.cancel->fd() : -1, POLLIN, 0}};
  const absl::Duration left = std::clamp(deadline_ - clock_.Steady(), absl::ZeroDuration(), kMaxPoll);
  const timespec wait = absl::ToTimespec(left);
  if (ppoll(fds, 4, &wait, nullptr) < 0) return;  // EINTR
  if (fds[0].revents != 0) Read(&process_->out(), ProcessStream::kOut, &result_.out, &result_.out_truncated);
  if (fds[1].revents != 0) Read(&process_->err(), ProcessStream::kErr, &result_.err, &result_.err_truncated);
  if (spec_.end_on_output_limit && (result_.out_truncated || result_.err_truncated)) {
    End(ProcessResult::End::kOutputLimit);
  }
  if (cancellable && spec_.cancel->cancelled()) End(ProcessResult::End::kCancelled);
}

// Reads once. False if there is no output now.
bool RunningProcess::Read(UniqueFd* fd, ProcessStream stream, std::string* kept, bool* truncated) {
  if (fd->get() < 0) return false;
  char buffer[kPipeReadBytes];
  const ssize_t size = read(fd->get(), buffer, sizeof buffer);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (size <= 0) {
    fd->Reset();
    return false;
  }
  if (spec_.on_output != nullptr) spec_.on_output(stream, absl::string_view(buffer, size));
  const size_t room = spec_.max_output - std::min(spec_.max_output, kept->size());
  kept->append(buffer, std::min<size_t>(size, room));
  *truncated |= static_cast<size_t>(size) > room;
  return true;
}

void RunningProcess::SayHowItEnded() {
  if (ending_) return;
  const int status = process_->status();
  if (spec_.end_on_output_limit && (result_.out_truncated || result_.err_truncated)) {
    result_.end = ProcessResult::End::kOutputLimit;  // it ended before its last bytes were read
  } else if (WIFEXITED(status)) {
    result_.end = ProcessResult::End::kExited;
    result_.exit_code = WEXITSTATUS(status);
  } else {
    result_.end = ProcessResult::End::kSignalled;
    result_.signal = WTERMSIG(status);
  }
}

}  // namespace orch

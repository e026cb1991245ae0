#include "base/process/detached_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/process/cancel_token.h"
#include "base/process/process_keeper.h"
#include "base/process/process_pipe.h"
#include "base/process/spawn_arguments.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch {
namespace {

constexpr mode_t kLogMode = 0600;

// True if all `size` bytes were read; false at the end of the pipe.
bool ReadAll(int fd, void* into, size_t size) {
  char* bytes = static_cast<char*>(into);
  while (size > 0) {
    const ssize_t count = read(fd, bytes, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes += count;
    size -= count;
  }
  return true;
}

int PollMs(absl::Duration left) {
  const int64_t ms = absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(ms, 0, 3'600'000));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DetachedProcess>> DetachedProcess::Start(const Options& options) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<SpawnArguments> arguments, SpawnArguments::Make(options.process));
  // Replaces a link or a file of somebody else at that name; never writes through it.
  unlink(options.log_file.c_str());
  const UniqueFd log(open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kLogMode));
  if (log.get() < 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", options.log_file));
  UniqueFd report, report_child;
  ORCH_RETURN_IF_ERROR(MakePipe(&report, &report_child));
  const pid_t child = _Fork();
  if (child == 0) KeepProcess(arguments->Plan(-1, -1, -1), report_child.get(), log.get(), options.max_log);
  if (child < 0) return NoResource(absl::StrCat("cannot start ", options.process.argv[0]));
  report_child.Reset();
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  KeeperReport first;
  if (!ReadAll(report.get(), &first, sizeof first)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start ", options.process.argv[0], ": no process could be had"));
  }
  if (first.pid < 0) return arguments->Explain(first.failure);
  return std::unique_ptr<DetachedProcess>(new DetachedProcess(first.pid, std::move(report)));
}

absl::StatusOr<DetachedProcess::End> DetachedProcess::Wait(absl::Duration timeout, const Clock& clock,
                                                           const CancelToken* cancel) {
  const absl::Duration deadline = clock.Steady() + timeout;
  while (!ended_) {
    if (cancel != nullptr && cancel->cancelled()) {
      return absl::CancelledError(absl::StrCat("process ", pid_, " runs on"));
    }
    const absl::Duration left = deadline - clock.Steady();
    pollfd watched[] = {{report_.get(), POLLIN, 0}, {cancel == nullptr ? -1 : cancel->fd(), POLLIN, 0}};
    if (poll(watched, 2, PollMs(left)) < 0 && errno != EINTR) return NoResource("cannot wait");
    if (watched[0].revents == 0) {
      if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError(absl::StrCat("process ", pid_, " runs on"));
      continue;
    }
    ended_ = true;
    int status = 0;
    if (!ReadAll(report_.get(), &status, sizeof status)) {
      end_ =
          absl::UnavailableError(absl::StrCat("the keeper of process ", pid_, " is gone; nobody knows how it ended"));
    } else if (WIFEXITED(status)) {
      end_ = End{WEXITSTATUS(status), 0};
    } else {
      end_ = End{-1, WTERMSIG(status)};
    }
  }
  return end_;
}

}  // namespace orch

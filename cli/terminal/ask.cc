#include "cli/terminal/ask.h"

#include <errno.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/interrupt.h"

namespace orch::cli {
namespace {

// Turns the echo of the terminal off during its lifetime. Does nothing if `fd` is no terminal.
class NoEcho {
 public:
  NoEcho(int fd, bool wanted) : fd_(fd), on_(wanted && ::tcgetattr(fd, &before_) == 0) {
    if (!on_) return;
    struct termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd_, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (on_) ::tcsetattr(fd_, TCSANOW, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  const int fd_;
  struct termios before_ = {};
  const bool on_;
};

absl::Status WaitToRead(const Environment& env, int fd) {
  struct pollfd fds[2] = {{fd, POLLIN, 0}, {env.interrupt != nullptr ? env.interrupt->fd() : -1, POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0 && errno == EINTR && (env.interrupt == nullptr || !env.interrupt->raised())) {
  }
  if (env.interrupt == nullptr || !env.interrupt->raised()) return absl::OkStatus();
  return WithExitCode(absl::CancelledError("interrupted; nothing was sent"), kExitInterrupted);
}

}  // namespace

absl::StatusOr<std::string> ReadTerminalLine(const Environment& env, bool secret) {
  if (env.interrupt != nullptr) env.interrupt->CatchSigint();
  const NoEcho no_echo(env.stdin_fd, secret);
  std::string line;
  while (line.size() < kMaxTypedBytes) {
    ORCH_RETURN_IF_ERROR(WaitToRead(env, env.stdin_fd));
    char c = 0;
    const ssize_t n = ::read(env.stdin_fd, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n > 0 && c == '\n') return std::string(absl::StripSuffix(line, "\r"));
    if (n <= 0 && !line.empty()) return line;
    if (n <= 0) return absl::FailedPreconditionError("the terminal ended before there was an answer; nothing is sent");
    line += c;
  }
  return absl::ResourceExhaustedError(absl::StrCat("a line of more than ", kMaxTypedBytes, " bytes was typed"));
}

absl::StatusOr<std::string> ReadToEnd(const Environment& env, int fd, size_t most, const std::string& what) {
  std::string text;
  char buffer[16 << 10];
  while (true) {
    ORCH_RETURN_IF_ERROR(WaitToRead(env, fd));
    const ssize_t n = ::read(fd, buffer, sizeof(buffer));
    if (n == 0) return text;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, absl::StrCat("cannot read ", what));
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > most)
      return absl::ResourceExhaustedError(absl::StrCat(what, " holds more than ", most, " bytes"));
  }
}

}  // namespace orch::cli

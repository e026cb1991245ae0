// The main function of orchctl: makes the environment of the program.
#include <sys/ioctl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "auth/library_log.h"
#include "base/clock.h"
#include "base/random.h"
#include "cli/orchctl.h"
#include "cli/terminal/environment.h"
#include "cli/terminal/fd_output.h"
#include "cli/terminal/interrupt.h"

namespace {

struct winsize TerminalSize() {
  struct winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return size;
}

}  // namespace

int main(int argc, char** argv, char** variables) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  orch::auth::RouteLibraryLogs();
  orch::SystemClock clock;
  orch::SystemRandom random;
  orch::cli::Interrupt interrupt;
  orch::cli::FdOutput out(STDOUT_FILENO);
  orch::cli::FdOutput err(STDERR_FILENO);

  orch::cli::Environment env;
  env.out = &out;
  env.err = &err;
  env.stdin_fd = STDIN_FILENO;
  env.stdin_is_terminal = ::isatty(STDIN_FILENO) == 1;
  env.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  env.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  const struct winsize size = TerminalSize();
  env.columns = size.ws_col;
  env.rows = size.ws_row;
  env.clock = &clock;
  env.random = &random;
  env.interrupt = &interrupt;
  std::vector<std::shared_ptr<void>> until_exit;
  env.until_exit = &until_exit;
  for (char** entry = variables; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) env.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }

  const int code = orch::cli::RunOrchctl(std::vector<std::string>(argv + 1, argv + argc), &env);
  // All output is flushed. An orderly shutdown of gRPC would only cost the user time (see until_exit).
  ::_exit(code);
}

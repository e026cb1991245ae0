#include "base/process/process_foreground.h"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"

extern char** environ;

namespace orch {
namespace {

// While this exists, SIGINT and SIGQUIT affect only the program on the terminal.
class KeyboardSignalsIgnored {
 public:
  KeyboardSignalsIgnored() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGQUIT, &ignore, &quit_);
  }
  ~KeyboardSignalsIgnored() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
  }
  KeyboardSignalsIgnored(const KeyboardSignalsIgnored&) = delete;

 private:
  struct sigaction interrupt_ = {};
  struct sigaction quit_ = {};
};

// Returns errno; 0 if the program was started.
int Spawn(const std::vector<std::string>& argv, int stdin_fd, pid_t* pid) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, stdin_fd, STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int one : {SIGINT, SIGQUIT, SIGPIPE}) sigaddset(&defaults, one);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawnp(pid, words[0], &files, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

}  // namespace

absl::Status RunInForeground(const std::vector<std::string>& argv, absl::string_view text) {
  if (argv.empty() || argv[0].empty()) return absl::InvalidArgumentError("no program to run is given");
  int ends[2];  // a socket, because writing to a pipe that nobody reads any more is a signal
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot run ", argv[0]));
  }
  const KeyboardSignalsIgnored ignored;
  pid_t pid = -1;
  const int error = Spawn(argv, ends[1], &pid);
  ::close(ends[1]);
  absl::Cleanup close = [&ends] { ::close(ends[0]); };
  if (error != 0) return ErrnoStatus(error, absl::StrCat("cannot run ", argv[0]));
  while (!text.empty()) {
    const ssize_t n = ::send(ends[0], text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;  // it has seen enough
    text.remove_prefix(static_cast<size_t>(n));
  }
  std::move(close).Invoke();
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return absl::OkStatus();
}

}  // namespace orch

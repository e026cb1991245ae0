// The only fork/exec of the project, with worker_process.h, detached_process.h and lasting_process.h
// beside it. Argument vectors, never a shell string.
//
// What is started has nothing of this program: neither its environment, descriptors, signals and umask nor
// its limits, nice value and standing with the OOM killer (process_child.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace orch {

// Set by one thread, seen by another: ends a running process and what descends from it (SIGTERM, then
// SIGKILL).
class CancelToken {
 public:
  void Cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  // An eventfd that is readable once cancelled; owned by the token.
  int fd() const { return fd_; }
  CancelToken();
  ~CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

 private:
  int fd_;
  std::atomic<bool> cancelled_{false};
};

enum class ProcessStream { kOut, kErr };

struct ProcessSpec {
  std::vector<std::string> argv;  // argv[0] is searched in PATH unless it holds a slash
  std::map<std::string, std::string>
      env;                 // added to the base environment: PATH, HOME, LANG and LC_ALL=C.UTF-8, nothing inherited else
  bool bare_env = false;   // the base environment is without HOME
  std::string cwd;         // empty: /
  std::string stdin_text;  // then end of file
  absl::Duration timeout = absl::Seconds(60);    // then it is ended, with all that descends from it
  absl::Duration kill_grace = absl::Seconds(2);  // between SIGTERM and SIGKILL
  size_t max_output = 1u << 20;      // bytes kept of each of stdout and stderr; the rest is read and dropped
  bool end_on_output_limit = false;  // end all instead of dropping
  // What it leaves running when it ends by itself lives on: for what starts services. Its outputs stay
  // open for that.
  bool leaves = false;
  const CancelToken* cancel = nullptr;  // may be null; must outlive the call
  // Each piece as it is read, whatever is kept of it. On the calling thread; must not block. May be null.
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;
};

struct ProcessResult {
  enum class End { kExited, kSignalled, kTimedOut, kCancelled, kOutputLimit };
  End end = End::kExited;
  int exit_code = -1;  // for kExited
  int signal = 0;      // for kSignalled
  std::string out;
  std::string err;
  bool out_truncated = false;  // then it ends between two characters, where it is UTF-8
  bool err_truncated = false;
  absl::Duration wall;
  bool ok() const { return end == End::kExited && exit_code == 0; }
};

// Runs to its end. Blocks; thread-safe. The child leads a session of its own. When this returns, all that
// descends from it has ended, whatever sessions and groups it made for itself, unless `leaves`; that also
// ends when this program is killed. NotFound when the program is not there, PermissionDenied when it is not
// executable, ResourceExhausted when no process or descriptor can be had.
absl::StatusOr<ProcessResult> RunProcess(const ProcessSpec& spec, const Clock& clock);

// The full path execvp would take, or NotFound. For "is dnf here?".
absl::StatusOr<std::string> FindProgram(absl::string_view name);

}  // namespace orch

// The request to run a process and its result, as plain values. Argument vectors, never a shell string.
//
// A started process inherits nothing from this program: neither its environment, descriptors, signals and umask nor
// its limits, nice value and OOM score (process_child.h).
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/process/cancel_token.h"

namespace orch {

enum class ProcessStream { kOut, kErr };

struct ProcessSpec {
  std::vector<std::string> argv;  // argv[0] is searched in PATH unless it holds a slash
  // Added to the base environment, which holds PATH, HOME, LANG and LC_ALL=C.UTF-8 and nothing else.
  std::map<std::string, std::string> env;
  bool bare_env = false;                         // leaves HOME out of the base environment
  std::string cwd;                               // empty: /
  std::string stdin_text;                        // the whole standard input
  absl::Duration timeout = absl::Seconds(60);    // after this the process and its descendants are ended
  absl::Duration kill_grace = absl::Seconds(2);  // between SIGTERM and SIGKILL
  size_t max_output = 1u << 20;                  // bytes kept of stdout and of stderr; the rest is read and dropped
  bool end_on_output_limit = false;              // ends the process instead of dropping output
  // Processes that the program leaves running when it ends by itself stay alive, and their outputs stay open: for
  // programs that start services.
  bool leaves = false;
  const CancelToken* cancel = nullptr;  // may be null; must outlive the call
  // Receives each piece of output as it is read, including output that is not kept. Called on the calling thread;
  // must not block. May be null.
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;
};

struct ProcessResult {
  enum class End { kExited, kSignalled, kTimedOut, kCancelled, kOutputLimit };
  End end = End::kExited;
  int exit_code = -1;  // for kExited
  int signal = 0;      // for kSignalled
  std::string out;
  std::string err;
  bool out_truncated = false;  // `out` then ends at a character boundary if it is UTF-8
  bool err_truncated = false;
  absl::Duration wall;
  bool ok() const { return end == End::kExited && exit_code == 0; }
};

}  // namespace orch

// Runs the programs of one action within its time, and ends them when the action is cancelled. A plugin makes one for
// each Run and uses it on that thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/action.h"

namespace orch::actions {

inline constexpr size_t kMaxCommandOutput = 1u << 20;  // bytes kept of stdout and of stderr

struct CommandOutput {
  int exit_code = 0;
  std::string out;
  std::string err;
  // Returns both outputs, stdout first, with a note if output was dropped.
  std::string Text() const;
  bool truncated = false;
};

class CommandRunner {
 public:
  // `path` has the folders in which programs are searched, as in PATH; empty means the PATH of this process.
  CommandRunner(const Context& context, std::string path);

  bool Has(absl::string_view program) const;
  // Returns a runner for programs that start services: processes that a program leaves running when it ends by itself
  // survive. Without this, all processes that a program started have ended when Run returns.
  CommandRunner Leaving() const;

  // Runs a program to its end; any exit code is a result. Its output also goes to the context's on_output, immediately.
  // DeadlineExceeded if the action's time is over, Cancelled, Aborted if a signal ended the program, else the errors of
  // RunProcess.
  absl::StatusOr<CommandOutput> Run(const std::vector<std::string>& argv,
                                    const std::map<std::string, std::string>& env = {}) const;
  absl::Duration Left() const { return deadline_ - context_.clock->Steady(); }
  const Context& context() const { return context_; }

 private:
  const Context& context_;
  const std::string path_;
  const absl::Duration deadline_;
  bool leaves_ = false;
};

}  // namespace orch::actions

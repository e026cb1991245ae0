// Runs the programs one action needs, within the action's time and cancellation. Made for one Run on
// its thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/action.h"
#include "base/process/process.h"

namespace orch::actions {

inline constexpr size_t kMaxCommandOutput = 1u << 20;  // kept of stdout, and of stderr

struct CommandOutput {
  int exit_code = 0;
  std::string out;
  std::string err;
  // Both, stdout first; says so when something was dropped.
  std::string Text() const;
  bool truncated = false;
};

class CommandRunner {
 public:
  // `path`: folders to look for programs in, as in PATH; empty: the system's.
  CommandRunner(const Context& context, std::string path);

  bool Has(absl::string_view program) const;
  // The same, for what starts services: what its programs leave running when they end by themselves lives
  // on. Else all that a program started has ended when Run returns.
  CommandRunner Leaving() const;

  // Any exit code is an answer. What the program prints also goes to the context's on_output, at once.
  // DeadlineExceeded and Cancelled when the action's time or patience ran out, Aborted when a signal
  // ended the program, else as RunProcess.
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

// Everything that is settled before a fork: the path of the program, and its arguments and environment as execve wants
// them. GuardedProcess, DetachedProcess and LastingProcess share it. Immutable.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/process/process_child.h"
#include "base/process/process_spec.h"

namespace orch {

class SpawnArguments {
 public:
  // Uses only argv, env, bare_env and cwd of `spec`. Returns the errors of RunProcess.
  static absl::StatusOr<std::unique_ptr<SpawnArguments>> Make(const ProcessSpec& spec);
  SpawnArguments(const SpawnArguments&) = delete;
  SpawnArguments& operator=(const SpawnArguments&) = delete;

  // The plan refers to this object.
  SpawnPlan Plan(int stdin_fd, int stdout_fd, int stderr_fd) const;
  // The status for a failure of SpawnChild.
  absl::Status Explain(const SpawnFailure& failure) const;

 private:
  SpawnArguments(const ProcessSpec& spec, std::string program, const std::string& path);

  const std::string program_;
  const std::string cwd_;
  std::vector<std::string> argv_text_, env_text_;
  std::vector<char*> argv_, envp_;
};

}  // namespace orch

// Starting a child: what GuardedProcess, DetachedProcess and LastingProcess share. Used by base only.
// Blocks until the program was started.
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
#include "base/process/process.h"
#include "base/process/process_child.h"

namespace orch {

// Owns a descriptor.
class ProcessFd {
 public:
  ProcessFd() = default;
  explicit ProcessFd(int fd) : fd_(fd) {}
  ProcessFd(ProcessFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ProcessFd& operator=(ProcessFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~ProcessFd() { Close(); }
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

// ResourceExhausted with errno's words.
absl::Status NoResource(absl::string_view what);

// Both ends close-on-exec and at 3 or above, where the child's dup2 does not reach them. Blocking.
absl::Status MakePipe(ProcessFd* read_end, ProcessFd* write_end);

// Everything that must be settled before a fork: the program's path, and its arguments and environment
// as execve wants them. Of a spec only argv, env, bare_env and cwd count.
class SpawnArguments {
 public:
  // Errors as RunProcess.
  static absl::StatusOr<std::unique_ptr<SpawnArguments>> Make(const ProcessSpec& spec);
  SpawnArguments(const SpawnArguments&) = delete;
  SpawnArguments& operator=(const SpawnArguments&) = delete;

  // Refers to this object.
  SpawnPlan Plan(int stdin_fd, int stdout_fd, int stderr_fd) const;
  // Why SpawnChild gave no process.
  absl::Status Explain(const SpawnFailure& failure) const;

 private:
  SpawnArguments(const ProcessSpec& spec, std::string program, const std::string& path);

  const std::string program_;
  const std::string cwd_;
  std::vector<std::string> argv_text_, env_text_;
  std::vector<char*> argv_, envp_;
};

}  // namespace orch

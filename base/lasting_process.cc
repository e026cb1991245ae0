#include "base/lasting_process.h"

#include <fcntl.h>

#include <memory>

#include "base/process_child.h"
#include "base/process_spawn.h"
#include "base/status_macros.h"

namespace orch {

absl::StatusOr<pid_t> StartLastingProcess(const ProcessSpec& spec, int in_fd, int err_fd) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<SpawnArguments> arguments, SpawnArguments::Make(spec));
  // At 3 or above, where the child's dup2 does not reach them.
  const ProcessFd in(fcntl(in_fd, F_DUPFD_CLOEXEC, 3)), err(fcntl(err_fd, F_DUPFD_CLOEXEC, 3));
  const ProcessFd nothing(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const ProcessFd out(fcntl(nothing.get(), F_DUPFD_CLOEXEC, 3));
  if (in.get() < 0 || err.get() < 0 || out.get() < 0) return NoResource("cannot have descriptors for a process");
  SpawnFailure failure;
  const pid_t pid = SpawnChild(arguments->Plan(in.get(), out.get(), err.get()), &failure);
  if (pid < 0) return arguments->Explain(failure);
  return pid;
}

}  // namespace orch

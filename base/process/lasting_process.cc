#include "base/process/lasting_process.h"

#include <fcntl.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/process/process_child.h"
#include "base/process/process_pipe.h"
#include "base/process/process_spec.h"
#include "base/process/spawn_arguments.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch {

absl::StatusOr<pid_t> StartLastingProcess(const ProcessSpec& spec, int in_fd, int err_fd, const std::string& cgroup) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<SpawnArguments> arguments, SpawnArguments::Make(spec));
  // At 3 or above, where the child's dup2 does not reach them.
  const UniqueFd in(fcntl(in_fd, F_DUPFD_CLOEXEC, 3)), err(fcntl(err_fd, F_DUPFD_CLOEXEC, 3));
  const UniqueFd nothing(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const UniqueFd out(fcntl(nothing.get(), F_DUPFD_CLOEXEC, 3));
  if (in.get() < 0 || err.get() < 0 || out.get() < 0) return NoResource("cannot have descriptors for a process");
  const UniqueFd low(cgroup.empty() ? -1 : open(absl::StrCat(cgroup, "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  const UniqueFd processes(low.get() < 0 ? -1 : fcntl(low.get(), F_DUPFD_CLOEXEC, 3));
  SpawnPlan plan = arguments->Plan(in.get(), out.get(), err.get());
  plan.cgroup_fd = processes.get();
  plan.as_parent = true;
  SpawnFailure failure;
  const pid_t pid = SpawnChild(plan, &failure);
  if (pid < 0) return arguments->Explain(failure);
  return pid;
}

}  // namespace orch

#include "base/process/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/process/guarded_process.h"
#include "base/process/process_pipe.h"
#include "base/process/running_process.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch {
namespace {

constexpr absl::Duration kGuardSlack = absl::Seconds(10);  // for this program to end a process first

// Makes a memory file of the whole text, so that nothing is written while the child runs and no SIGPIPE occurs.
absl::Status MakeStdin(const std::string& text, UniqueFd* fd) {
  UniqueFd low(text.empty() ? open("/dev/null", O_RDONLY | O_CLOEXEC) : memfd_create("stdin", MFD_CLOEXEC));
  if (low.get() < 0) return NoResource("cannot make standard input");
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(low.get(), text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return NoResource("cannot make standard input");
    if (written > 0) done += written;
  }
  if (!text.empty()) lseek(low.get(), 0, SEEK_SET);
  *fd = UniqueFd(fcntl(low.get(), F_DUPFD_CLOEXEC, 3));
  return fd->get() < 0 ? NoResource("cannot make standard input") : absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProcessResult> RunProcess(const ProcessSpec& spec, const Clock& clock) {
  if (spec.cancel != nullptr && spec.cancel->cancelled()) {
    ProcessResult never_started;
    never_started.end = ProcessResult::End::kCancelled;
    return never_started;
  }
  UniqueFd in;
  ORCH_RETURN_IF_ERROR(MakeStdin(spec.stdin_text, &in));
  const GuardedProcess::Options options{.leaves = spec.leaves, .limit = spec.timeout + spec.kill_grace + kGuardSlack};
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<GuardedProcess> process, GuardedProcess::Start(spec, std::move(in), options));
  return RunningProcess(std::move(process), spec, clock).Run();
}

}  // namespace orch

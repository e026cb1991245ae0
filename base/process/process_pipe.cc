#include "base/process/process_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/durable_file.h"

namespace orch {

absl::Status NoResource(absl::string_view what) {
  return absl::ResourceExhaustedError(ErrnoStatus(errno, what).message());
}

absl::Status MakePipe(UniqueFd* read_end, UniqueFd* write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return NoResource("cannot make a pipe");
  const UniqueFd low_read(ends[0]), low_write(ends[1]);
  *read_end = UniqueFd(fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
  *write_end = UniqueFd(fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
  if (read_end->get() < 0 || write_end->get() < 0) return NoResource("cannot make a pipe");
  return absl::OkStatus();
}

}  // namespace orch

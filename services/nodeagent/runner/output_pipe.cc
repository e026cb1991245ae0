#include "services/nodeagent/runner/output_pipe.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace orch::nodeagent {

UniqueFd OpenOutputPipe(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  struct stat what = {};
  if (fd.get() < 0 || fstat(fd.get(), &what) != 0 || !S_ISFIFO(what.st_mode)) return UniqueFd();
  if (fcntl(fd.get(), F_SETFL, O_DIRECT | O_NONBLOCK) != 0) return UniqueFd();  // packets
  (void)fcntl(fd.get(), F_SETPIPE_SZ, kOutputPipeBytes);
  return fd;
}

}  // namespace orch::nodeagent

#include "cli/terminal/output.h"

#include <errno.h>
#include <unistd.h>

namespace orch::cli {

void FdOutput::Write(absl::string_view text) {
  buffer_.append(text.data(), text.size());
  if (buffer_.size() >= kMaxBuffered) Flush();
}

bool FdOutput::Flush() {
  size_t done = 0;
  while (done < buffer_.size() && !failed_) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n > 0) {
      done += static_cast<size_t>(n);
    } else if (n < 0 && errno != EINTR) {
      failed_ = true;
    }
  }
  buffer_.clear();
  return !failed_;
}

}  // namespace orch::cli

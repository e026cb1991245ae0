#include "base/log_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace orch {

absl::StatusOr<std::unique_ptr<LogSink>> LogSink::Open(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  UniqueFd opened(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600));
  if (!opened.valid()) {
    return absl::FailedPreconditionError(
        absl::StrCat("log file ", file, " cannot be opened: ", strerrordesc_np(errno)));
  }
  auto sink = std::make_unique<LogSink>();
  sink->file_ = std::move(opened);
  return sink;
}

bool LogSink::Write(absl::string_view line) {
  const int fd = file_.valid() ? file_.get() : STDERR_FILENO;
  MutexLock lock(&mu_);
  const std::string text = absl::StrCat(cut_ ? "\n" : "", line, "\n");
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(fd, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    done += static_cast<size_t>(written);
  }
  if (done > 0) cut_ = done < text.size();
  return done == text.size();
}

}  // namespace orch

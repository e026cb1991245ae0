// The file or standard error to which the log's lines go. One write(2) a line, so that the lines of several processes
// do not mix. log.cc owns it. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "base/unique_fd.h"

namespace orch {

class LogSink {
 public:
  // Standard error, which is not closed.
  LogSink() = default;
  // Appends to `file`; makes the file with mode 0600, and its folder, if they do not exist. FailedPrecondition names
  // the file and the reason.
  static absl::StatusOr<std::unique_ptr<LogSink>> Open(const std::string& file);

  // Writes `line` and a newline. False if the line could not be written as a whole (the disk is full); never waits for
  // room.
  bool Write(absl::string_view line);

 private:
  Mutex mu_;
  UniqueFd file_;                          // not valid: standard error
  bool cut_ ABSL_GUARDED_BY(mu_) = false;  // the last line lacks its end
};

}  // namespace orch

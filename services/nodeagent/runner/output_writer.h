// The end of the output pipe that a task's own process writes to. Owned by that process; thread-safe. Never blocks.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"
#include "services/nodeagent/runner/output_pipe.h"

namespace orch::nodeagent {

class OutputWriter {
 public:
  // If there is no pipe at `path`, no output is wanted and Write does nothing.
  explicit OutputWriter(const std::string& path);

  bool wanted() const { return fd_.get() >= 0; }
  void Write(ProcessStream stream, absl::string_view piece);
  // Returns how many bytes each stream has printed, whether they fitted into the pipe or not.
  Printed printed() const;

 private:
  void WriteFrame(size_t stream, uint64_t offset, absl::string_view piece);

  const UniqueFd fd_;
  mutable Mutex mu_;
  Printed printed_ ABSL_GUARDED_BY(mu_) = {};
};

}  // namespace orch::nodeagent

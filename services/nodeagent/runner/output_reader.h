// The end of the output pipe that the agent reads. Owned by the worker that waits for the task; used on its thread.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"
#include "services/nodeagent/runner/output_pipe.h"

namespace orch::nodeagent {

class OutputReader {
 public:
  using Sink = std::function<void(ProcessStream stream, uint64_t offset, absl::string_view piece)>;

  // Makes the pipe. Call before the task's process starts.
  static absl::Status Make(const std::string& path);

  // Reads nothing if there is no pipe or no sink.
  OutputReader(const std::string& path, Sink sink);
  int fd() const { return fd_.get(); }  // to poll; -1 if there is none
  // Gives what the pipe holds now to the sink, at most one pipe full.
  void Drain();

 private:
  UniqueFd fd_;
  const Sink sink_;
};

// Gives the sink an empty piece of each stream that printed, at the stream's end.
void SayPrinted(const Printed& printed, const OutputReader::Sink& sink);

}  // namespace orch::nodeagent

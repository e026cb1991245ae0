#include "services/nodeagent/runner/output_writer.h"

#include <unistd.h>

#include <cstring>

namespace orch::nodeagent {

OutputWriter::OutputWriter(const std::string& path) : fd_(OpenOutputPipe(path)) {}

void OutputWriter::Write(ProcessStream stream, absl::string_view piece) {
  if (!wanted()) return;
  const size_t index = stream == ProcessStream::kOut ? 0 : 1;
  MutexLock lock(&mu_);
  while (!piece.empty()) {
    const absl::string_view part = piece.substr(0, kMaxOutputPiece);
    WriteFrame(index, printed_[index], part);
    printed_[index] += part.size();
    piece.remove_prefix(part.size());
  }
}

// Writes the whole frame, or nothing if the pipe is full.
void OutputWriter::WriteFrame(size_t stream, uint64_t offset, absl::string_view piece) {
  const OutputFrameHead head = {offset, static_cast<uint32_t>(piece.size()), static_cast<uint32_t>(stream)};
  char frame[PIPE_BUF];
  memcpy(frame, &head, sizeof head);
  memcpy(frame + sizeof head, piece.data(), piece.size());
  [[maybe_unused]] const ssize_t wrote = write(fd_.get(), frame, sizeof head + piece.size());
}

Printed OutputWriter::printed() const {
  MutexLock lock(&mu_);
  return printed_;
}

}  // namespace orch::nodeagent

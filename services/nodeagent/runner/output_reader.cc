#include "services/nodeagent/runner/output_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"

namespace orch::nodeagent {

absl::Status OutputReader::Make(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", path));
  return absl::OkStatus();
}

OutputReader::OutputReader(const std::string& path, Sink sink)
    : fd_(sink == nullptr ? UniqueFd() : OpenOutputPipe(path)), sink_(std::move(sink)) {}

void OutputReader::Drain() {
  if (fd_.get() < 0) return;
  for (size_t drained = 0; drained < kOutputPipeBytes;) {
    char frame[PIPE_BUF];
    const ssize_t got = read(fd_.get(), frame, sizeof frame);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    OutputFrameHead head = {};
    if (static_cast<size_t>(got) >= sizeof head) memcpy(&head, frame, sizeof head);
    if (head.size + sizeof head != static_cast<size_t>(got) || head.stream > 1) return fd_.Reset();  // none of ours
    sink_(head.stream == 0 ? ProcessStream::kOut : ProcessStream::kErr, head.offset,
          absl::string_view(frame + sizeof head, head.size));
    drained += PIPE_BUF;  // its place in the pipe, however small it is
  }
}

void SayPrinted(const Printed& printed, const OutputReader::Sink& sink) {
  if (sink == nullptr) return;
  if (printed[0] > 0) sink(ProcessStream::kOut, printed[0], "");
  if (printed[1] > 0) sink(ProcessStream::kErr, printed[1], "");
}

}  // namespace orch::nodeagent

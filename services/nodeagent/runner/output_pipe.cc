#include "services/nodeagent/runner/output_pipe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"

namespace orch::nodeagent {
namespace {

// Within one machine, so in its own byte order.
struct Head {
  uint64_t offset;
  uint32_t size;
  uint32_t stream;  // 0: stdout, 1: stderr
};
constexpr size_t kMaxPiece = PIPE_BUF - sizeof(Head);

// For both directions, so that it neither waits for the other end nor ends with it.
UniqueFd OpenPipe(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  struct stat what = {};
  if (fd.get() < 0 || fstat(fd.get(), &what) != 0 || !S_ISFIFO(what.st_mode)) return UniqueFd();
  if (fcntl(fd.get(), F_SETFL, O_DIRECT | O_NONBLOCK) != 0) return UniqueFd();  // packets
  (void)fcntl(fd.get(), F_SETPIPE_SZ, kOutputPipeBytes);
  return fd;
}

}  // namespace

OutputWriter::OutputWriter(const std::string& path) : fd_(OpenPipe(path)) {}

void OutputWriter::Write(ProcessStream stream, absl::string_view piece) {
  if (!wanted()) return;
  const size_t index = stream == ProcessStream::kOut ? 0 : 1;
  MutexLock lock(&mu_);
  while (!piece.empty()) {
    const absl::string_view part = piece.substr(0, kMaxPiece);
    WriteFrame(index, printed_[index], part);
    printed_[index] += part.size();
    piece.remove_prefix(part.size());
  }
}

// The whole frame, or nothing where there is no room.
void OutputWriter::WriteFrame(size_t stream, uint64_t offset, absl::string_view piece) {
  const Head head = {offset, static_cast<uint32_t>(piece.size()), static_cast<uint32_t>(stream)};
  char frame[PIPE_BUF];
  memcpy(frame, &head, sizeof head);
  memcpy(frame + sizeof head, piece.data(), piece.size());
  [[maybe_unused]] const ssize_t wrote = write(fd_.get(), frame, sizeof head + piece.size());
}

Printed OutputWriter::printed() const {
  MutexLock lock(&mu_);
  return printed_;
}

absl::Status OutputReader::Make(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", path));
  return absl::OkStatus();
}

OutputReader::OutputReader(const std::string& path, Sink sink)
    : fd_(sink == nullptr ? UniqueFd() : OpenPipe(path)), sink_(std::move(sink)) {}

void OutputReader::Drain() {
  if (fd_.get() < 0) return;
  for (size_t drained = 0; drained < kOutputPipeBytes;) {
    char frame[PIPE_BUF];
    const ssize_t got = read(fd_.get(), frame, sizeof frame);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    Head head = {};
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

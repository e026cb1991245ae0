#include "services/nodeagent/runner/output_pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"

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
ProcessFd OpenPipe(const std::string& path) {
  ProcessFd fd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  struct stat what = {};
  if (fd.get() < 0 || fstat(fd.get(), &what) != 0 || !S_ISFIFO(what.st_mode)) return ProcessFd();
  if (fcntl(fd.get(), F_SETFL, O_DIRECT | O_NONBLOCK) != 0) return ProcessFd();  // packets
  (void)fcntl(fd.get(), F_SETPIPE_SZ, kOutputPipeBytes);
  return fd;
}

}  // namespace

OutputWriter::OutputWriter(const std::string& path) : fd_(OpenPipe(path)) {}

OutputWriter::~OutputWriter() {
  MutexLock lock(&mu_);
  for (size_t stream = 0; stream < 2; ++stream) {
    if (!progress_[stream].lost || WriteFrame(stream, progress_[stream].offset, "")) continue;
    pollfd room = {fd_.get(), POLLOUT, 0};
    poll(&room, 1, static_cast<int>(absl::ToInt64Milliseconds(kMaxFarewell)));
    WriteFrame(stream, progress_[stream].offset, "");
  }
}

void OutputWriter::Write(ProcessStream stream, absl::string_view piece) {
  if (!wanted()) return;
  const size_t index = stream == ProcessStream::kOut ? 0 : 1;
  MutexLock lock(&mu_);
  Progress& progress = progress_[index];
  while (!piece.empty()) {
    const absl::string_view part = piece.substr(0, kMaxPiece);
    progress.lost = !WriteFrame(index, progress.offset, part);
    progress.offset += part.size();
    piece.remove_prefix(part.size());
  }
}

bool OutputWriter::WriteFrame(size_t stream, uint64_t offset, absl::string_view piece) {
  const Head head = {offset, static_cast<uint32_t>(piece.size()), static_cast<uint32_t>(stream)};
  char frame[PIPE_BUF];
  memcpy(frame, &head, sizeof head);
  if (!piece.empty()) memcpy(frame + sizeof head, piece.data(), piece.size());
  return write(fd_.get(), frame, sizeof head + piece.size()) > 0;  // the whole frame, or nothing
}

absl::Status OutputReader::Make(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", path));
  return absl::OkStatus();
}

OutputReader::OutputReader(const std::string& path, Sink sink)
    : fd_(sink == nullptr ? ProcessFd() : OpenPipe(path)), sink_(std::move(sink)) {}

void OutputReader::Drain() {
  if (fd_.get() < 0) return;
  for (size_t drained = 0; drained < kOutputPipeBytes;) {
    char frame[PIPE_BUF];
    const ssize_t got = read(fd_.get(), frame, sizeof frame);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    Head head = {};
    if (static_cast<size_t>(got) >= sizeof head) memcpy(&head, frame, sizeof head);
    if (head.size + sizeof head != static_cast<size_t>(got) || head.stream > 1) return fd_.Close();  // none of ours
    sink_(head.stream == 0 ? ProcessStream::kOut : ProcessStream::kErr, head.offset,
          absl::string_view(frame + sizeof head, head.size));
    drained += PIPE_BUF;  // its place in the pipe, however small it is
  }
}

}  // namespace orch::nodeagent

#include "base/record_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/record_format.h"
#include "base/status_macros.h"

namespace orch {

class RecordFile::File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

  static absl::StatusOr<std::shared_ptr<File>> Open(const std::string& path) {
    auto file = std::make_shared<File>(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (file->fd() < 0) return ErrnoStatus(errno, absl::StrCat("cannot open ", path));
    return file;
  }

 private:
  const int fd_;
};

namespace {

constexpr mode_t kMode = 0600;

std::string FreeName(const std::string& path) {
  std::string name;
  for (int i = 1; i <= RecordFile::kMaxSetAside; ++i) {
    name = absl::StrCat(path, ".damaged.", i);
    if (access(name.c_str(), F_OK) != 0) break;
  }
  return name;
}

std::string WholeFile(const std::vector<absl::string_view>& records) {
  std::string contents(kRecordFileHeader);
  for (const absl::string_view record : records) contents += FrameRecord(record);
  return contents;
}

// Keeps the damaged file under another name, and replaces it by a file of its good records.
absl::Status SetAside(const std::string& path, const ScannedRecords& scan, RecordFile::Repair* repair) {
  repair->set_aside = FreeName(path);
  unlink(repair->set_aside.c_str());
  if (link(path.c_str(), repair->set_aside.c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot set aside the damaged ", path));
  }
  std::vector<absl::string_view> good;
  for (const ScannedRecords::Record& record : scan.records) good.push_back(record.bytes);
  return WriteFileDurably(path, WholeFile(good), kMode);
}

}  // namespace

RecordFile::RecordFile(std::string path, std::shared_ptr<File> file, uint64_t end)
    : path_(std::move(path)), file_(std::move(file)), end_(end) {}

RecordFile::~RecordFile() = default;

absl::StatusOr<std::unique_ptr<RecordFile>> RecordFile::Open(const std::string& path, Reader reader, Repair* repair) {
  absl::StatusOr<std::string> contents = ReadFile(path, kMaxFileBytes);
  if (absl::IsNotFound(contents.status())) {
    ORCH_RETURN_IF_ERROR(WriteFileDurably(path, kRecordFileHeader, kMode));
    contents = std::string(kRecordFileHeader);
  }
  if (absl::IsResourceExhausted(contents.status())) {
    return absl::FailedPreconditionError(absl::StrCat(contents.status().message(), "; move it away to start anew"));
  }
  ORCH_RETURN_IF_ERROR(contents.status());
  ScannedRecords scan = ScanRecords(*contents, kMaxRecordBytes);
  const bool whole = absl::StartsWith(*contents, kRecordFileHeader);
  repair->torn_bytes = scan.torn_bytes;
  if (scan.damaged_bytes > 0 || !whole) {
    repair->damaged_bytes = scan.damaged_bytes + scan.torn_bytes;
    repair->torn_bytes = 0;
    ORCH_RETURN_IF_ERROR(SetAside(path, scan, repair));
    ORCH_ASSIGN_OR_RETURN(contents, ReadFile(path, kMaxFileBytes));
    scan = ScanRecords(*contents, kMaxRecordBytes);
  }
  ORCH_ASSIGN_OR_RETURN(std::shared_ptr<File> file, File::Open(path));
  const uint64_t end = contents->size() - scan.torn_bytes;
  if (scan.torn_bytes > 0 && (ftruncate(file->fd(), static_cast<off_t>(end)) != 0 || fsync(file->fd()) != 0)) {
    return ErrnoStatus(errno, absl::StrCat("cannot take a torn record off ", path));
  }
  for (const ScannedRecords::Record& record : scan.records) {
    reader(Place{record.offset, record.bytes.size()}, record.bytes);
  }
  return std::unique_ptr<RecordFile>(new RecordFile(path, std::move(file), end));
}

absl::Status RecordFile::WriteLocked(absl::string_view framed) {
  size_t done = 0;
  while (done < framed.size()) {
    const ssize_t wrote =
        pwrite(file_->fd(), framed.data() + done, framed.size() - done, static_cast<off_t>(end_ + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const absl::Status failed = ErrnoStatus(errno, absl::StrCat("cannot write ", path_));
      if (ftruncate(file_->fd(), static_cast<off_t>(end_)) != 0) broken_ = failed;
      return failed;
    }
    done += static_cast<size_t>(wrote);
  }
  return absl::OkStatus();
}

absl::Status RecordFile::ReserveLocked(uint64_t after, size_t bytes) {
  if (bytes == 0 ||
      fallocate(file_->fd(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(after), static_cast<off_t>(bytes)) == 0 ||
      errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, absl::StrCat("cannot set aside room in ", path_));
}

absl::StatusOr<RecordFile::Place> RecordFile::Append(absl::string_view record, size_t reserve) {
  if (record.size() > kMaxRecordBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a record of ", record.size(), " bytes is too large for ", path_));
  }
  const std::string framed = FrameRecord(record);
  MutexLock lock(&mu_);
  ORCH_RETURN_IF_ERROR(broken_);
  ORCH_RETURN_IF_ERROR(ReserveLocked(end_ + framed.size(), reserve));
  ORCH_RETURN_IF_ERROR(WriteLocked(framed));
  const Place place = {end_ + kRecordFrameBytes, record.size()};
  end_ += framed.size();
  ++appended_;
  return place;
}

absl::Status RecordFile::Sync() {
  MutexLock lock(&mu_);
  const uint64_t mine = appended_;
  while (synced_ < mine && broken_.ok()) {
    if (syncing_) {
      synced_signal_.Wait(&mu_);
      continue;
    }
    syncing_ = true;
    const std::shared_ptr<File> file = file_;
    const uint64_t written = appended_;
    mu_.Unlock();
    const int error = fdatasync(file->fd()) == 0 ? 0 : errno;
    mu_.Lock();
    syncing_ = false;
    if (error != 0) broken_ = ErrnoStatus(error, absl::StrCat("cannot sync ", path_, "; it takes nothing more"));
    synced_ = std::max(synced_, written);
    synced_signal_.SignalAll();
  }
  return broken_;
}

absl::StatusOr<std::string> RecordFile::Read(Place place) const {
  std::shared_ptr<File> file;
  {
    MutexLock lock(&mu_);
    file = file_;
  }
  std::string bytes(place.size, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        pread(file->fd(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(place.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ErrnoStatus(got < 0 ? errno : EIO, absl::StrCat("cannot read ", path_));
    done += static_cast<size_t>(got);
  }
  return bytes;
}

absl::StatusOr<std::vector<RecordFile::Place>> RecordFile::Rewrite(const std::vector<std::string>& records) {
  std::vector<Place> places;
  uint64_t at = kRecordFileHeader.size();
  for (const std::string& record : records) {
    places.push_back({at + kRecordFrameBytes, record.size()});
    at += kRecordFrameBytes + record.size();
  }
  const std::string contents = WholeFile({records.begin(), records.end()});
  MutexLock lock(&mu_);
  ORCH_RETURN_IF_ERROR(WriteFileDurably(path_, contents, kMode));
  absl::StatusOr<std::shared_ptr<File>> file = File::Open(path_);
  if (!file.ok()) return broken_ = file.status();
  file_ = *std::move(file);
  end_ = at;
  synced_ = appended_;
  broken_ = absl::OkStatus();
  return places;
}

uint64_t RecordFile::size() const {
  MutexLock lock(&mu_);
  return end_;
}

}  // namespace orch

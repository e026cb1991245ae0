// An append-only file of records, for what must be known again after a crash. Every record carries its
// length and a checksum. A last record that a crash cut short is taken off when the file is opened; a
// record that cannot be read in the middle means damage, which is set aside and said, never skipped in
// silence. Thread-safe; threads that wait for the disk share one sync.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"

namespace orch {

class RecordFile {
 public:
  static constexpr size_t kMaxRecordBytes = 8u << 20;
  static constexpr size_t kMaxFileBytes = 256u << 20;
  static constexpr int kMaxSetAside = 8;  // FILE.damaged.1 … 8; the last is replaced when all are there

  struct Place {
    uint64_t offset = 0;
    size_t size = 0;
  };
  // What opening found wrong.
  struct Repair {
    uint64_t torn_bytes = 0;     // taken off the end
    uint64_t damaged_bytes = 0;  // in the middle, not readable
    std::string set_aside;       // where the file is as it was, when damaged_bytes is not 0
  };
  using Reader = absl::FunctionRef<void(Place place, absl::string_view record)>;

  // Reads every good record in order, then is ready to append. Makes the file (mode 0600) when there
  // is none. FailedPrecondition when it is larger than kMaxFileBytes.
  static absl::StatusOr<std::unique_ptr<RecordFile>> Open(const std::string& path, Reader reader, Repair* repair);
  ~RecordFile();

  // Not on the disk before Sync. `reserve` further bytes are set aside there, where its file system can.
  // Unavailable when the disk is full: nothing was written.
  absl::StatusOr<Place> Append(absl::string_view record, size_t reserve = 0);
  // Waits until all that was appended before is on the disk. An error is for good, but for Rewrite.
  absl::Status Sync();
  absl::StatusOr<std::string> Read(Place place) const;
  // Replaces the file by one that holds these records only; whole or not at all. Returns their places.
  absl::StatusOr<std::vector<Place>> Rewrite(const std::vector<std::string>& records);

  uint64_t size() const;

 private:
  class File;

  RecordFile(std::string path, std::shared_ptr<File> file, uint64_t end);
  absl::Status ReserveLocked(uint64_t after, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WriteLocked(absl::string_view framed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  mutable Mutex mu_;
  CondVar synced_signal_;
  std::shared_ptr<File> file_ ABSL_GUARDED_BY(mu_);
  uint64_t end_ ABSL_GUARDED_BY(mu_);
  uint64_t appended_ ABSL_GUARDED_BY(mu_) = 0;  // records, ever
  uint64_t synced_ ABSL_GUARDED_BY(mu_) = 0;    // of them on the disk
  bool syncing_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status broken_ ABSL_GUARDED_BY(mu_);  // nothing can be relied on any more
};

}  // namespace orch

// An append-only file of records that survive a crash. Every record carries its length and a checksum. Opening removes
// a last record that a crash cut short. An unreadable record in the middle means damage: opening then keeps a copy of
// the file, reports it, and goes on with the good records. Thread-safe; threads that wait for the disk share one fsync.
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
  // The faults that opening found.
  struct Repair {
    uint64_t torn_bytes = 0;     // removed from the end
    uint64_t damaged_bytes = 0;  // unreadable, in the middle
    std::string set_aside;       // path of the copy of the damaged file; empty if damaged_bytes is 0
  };
  using Reader = absl::FunctionRef<void(Place place, absl::string_view record)>;

  // Passes every good record to `reader` in order; afterwards the file is ready to append. Creates the file (mode 0600)
  // if it does not exist. FailedPrecondition if it is larger than kMaxFileBytes.
  static absl::StatusOr<std::unique_ptr<RecordFile>> Open(const std::string& path, Reader reader, Repair* repair);
  ~RecordFile();

  // Appends a record, which is durable only after Sync. Reserves `reserve` further bytes of disk space if the file
  // system can do that. Unavailable if the disk is full; then nothing was written.
  absl::StatusOr<Place> Append(absl::string_view record, size_t reserve = 0);
  // Waits until all records appended before this call are on the disk. After an error only Rewrite helps.
  absl::Status Sync();
  absl::StatusOr<std::string> Read(Place place) const;
  // Replaces the file by one that holds only these records; a crash leaves the old file or the new one. Returns their
  // places.
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
  uint64_t appended_ ABSL_GUARDED_BY(mu_) = 0;  // records since opening
  uint64_t synced_ ABSL_GUARDED_BY(mu_) = 0;    // those on the disk
  bool syncing_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status broken_ ABSL_GUARDED_BY(mu_);  // not OK: an fsync or a write failed for good
};

}  // namespace orch

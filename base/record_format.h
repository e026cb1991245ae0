// The layout of records in a RecordFile, and the search for records in bytes that may be damaged. Pure; only
// record_file.cc uses it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch {

inline constexpr absl::string_view kRecordFileHeader = "ORCHREC1";

// Returns a marker, the length, a checksum over length and bytes, and the bytes.
std::string FrameRecord(absl::string_view record);
inline constexpr size_t kRecordFrameBytes = 16;

struct ScannedRecords {
  struct Record {
    uint64_t offset;  // of `bytes` in the file
    absl::string_view bytes;
  };
  std::vector<Record> records;  // in order
  uint64_t damaged_bytes = 0;   // belong to no record and precede a good one
  uint64_t torn_bytes = 0;      // belong to no record, at the end
};
// Searches the whole contents of a file; the result refers to `contents`.
ScannedRecords ScanRecords(absl::string_view contents, size_t max_record);

}  // namespace orch

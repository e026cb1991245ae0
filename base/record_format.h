// How records lie in a RecordFile, and how they are found again in bytes that may be damaged. Pure
// functions; used by record_file.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch {

inline constexpr absl::string_view kRecordFileHeader = "ORCHREC1";

// Marker, length, checksum over length and bytes, bytes.
std::string FrameRecord(absl::string_view record);
inline constexpr size_t kRecordFrameBytes = 16;

struct ScannedRecords {
  struct Record {
    uint64_t offset;  // of its bytes
    absl::string_view bytes;
  };
  std::vector<Record> records;  // in order
  uint64_t damaged_bytes = 0;   // that belong to no record, but good records follow them
  uint64_t torn_bytes = 0;      // the same at the end
};
// `contents`: the whole file; the result refers to it.
ScannedRecords ScanRecords(absl::string_view contents, size_t max_record);

}  // namespace orch

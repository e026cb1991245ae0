#include "base/record_format.h"

#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"

namespace orch {
namespace {

constexpr absl::string_view kMarker = "\xA7rec";
constexpr size_t kChecksumBytes = 8;

std::string LittleEndian32(uint32_t value) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

uint32_t FromLittleEndian32(absl::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

std::string Checksum(absl::string_view length, absl::string_view record) {
  return Sha256(absl::StrCat(length, record)).substr(0, kChecksumBytes);
}

// Returns the bytes of the record that begins here, including its frame; 0 if none begins here.
size_t RecordAt(absl::string_view rest, size_t max_record) {
  if (!absl::StartsWith(rest, kMarker) || rest.size() < kRecordFrameBytes) return 0;
  const absl::string_view length = rest.substr(kMarker.size(), 4);
  const size_t size = FromLittleEndian32(length);
  if (size > max_record || size > rest.size() - kRecordFrameBytes) return 0;
  const absl::string_view checksum = rest.substr(kMarker.size() + 4, kChecksumBytes);
  return checksum == Checksum(length, rest.substr(kRecordFrameBytes, size)) ? kRecordFrameBytes + size : 0;
}

}  // namespace

std::string FrameRecord(absl::string_view record) {
  const std::string length = LittleEndian32(static_cast<uint32_t>(record.size()));
  return absl::StrCat(kMarker, length, Checksum(length, record), record);
}

ScannedRecords ScanRecords(absl::string_view contents, size_t max_record) {
  ScannedRecords found;
  size_t at = 0;
  size_t unread = 0;  // bytes of no record since the last one
  if (absl::StartsWith(contents, kRecordFileHeader)) at = kRecordFileHeader.size();
  while (at < contents.size()) {
    const size_t size = RecordAt(contents.substr(at), max_record);
    if (size > 0) {
      found.records.push_back(
          {at + kRecordFrameBytes, contents.substr(at + kRecordFrameBytes, size - kRecordFrameBytes)});
      found.damaged_bytes += unread;
      unread = 0;
      at += size;
      continue;
    }
    const size_t next = std::min(contents.find(kMarker, at + 1), contents.size());
    unread += next - at;
    at = next;
  }
  found.torn_bytes = unread;
  return found;
}

}  // namespace orch

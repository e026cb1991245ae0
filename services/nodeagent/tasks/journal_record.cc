#include "services/nodeagent/tasks/journal_record.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace orch::nodeagent {

std::string PackRecord(const JournalRecord& record) {
  std::string bytes(1, static_cast<char>(record.kind));
  bytes += record.attempt_id;
  bytes.resize(1 + kAttemptIdBytes, '0');
  const uint64_t micros = static_cast<uint64_t>(absl::ToUnixMicros(record.time));
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(micros >> (8 * i));
  return absl::StrCat(bytes, record.outcome);
}

bool UnpackRecord(absl::string_view bytes, JournalRecord* record) {
  if (bytes.size() < kJournalRecordHead) return false;
  record->kind = static_cast<JournalRecord::Kind>(bytes[0]);
  switch (record->kind) {
    case JournalRecord::Kind::kAccepted:
    case JournalRecord::Kind::kFinished:
    case JournalRecord::Kind::kSettled:
    case JournalRecord::Kind::kDamage:
      break;
    default:
      return false;
  }
  record->attempt_id = std::string(bytes.substr(1, kAttemptIdBytes));
  uint64_t micros = 0;
  for (int i = 0; i < 8; ++i) {
    micros |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[1 + kAttemptIdBytes + i])) << (8 * i);
  }
  record->time = absl::FromUnixMicros(static_cast<int64_t>(micros));
  record->outcome = std::string(bytes.substr(kJournalRecordHead));
  return true;
}

}  // namespace orch::nodeagent

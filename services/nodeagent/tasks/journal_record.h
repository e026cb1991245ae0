// Encodes one entry of the journal as bytes. Pure functions; any thread.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::nodeagent {

inline constexpr size_t kAttemptIdBytes = 32;

struct JournalRecord {
  enum class Kind : char { kAccepted = 'A', kFinished = 'F', kSettled = 'S', kDamage = 'D' };
  Kind kind = Kind::kAccepted;
  std::string attempt_id;  // kAttemptIdBytes; zeros for kDamage
  absl::Time time;         // when it was written
  std::string outcome;     // for kFinished
};
inline constexpr size_t kJournalRecordHead = 1 + kAttemptIdBytes + 8;  // bytes before the outcome

std::string PackRecord(const JournalRecord& record);
// Returns false for a record that another version may have written.
bool UnpackRecord(absl::string_view bytes, JournalRecord* record);

}  // namespace orch::nodeagent

// One entry of the journal as bytes. Pure functions.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::nodeagent {

inline constexpr size_t kJobIdBytes = 32;

struct JournalRecord {
  enum class Kind : char { kAccepted = 'A', kFinished = 'F', kSettled = 'S', kDamage = 'D' };
  Kind kind = Kind::kAccepted;
  std::string job_id;   // kJobIdBytes; zeros for kDamage
  absl::Time time;      // when it was written
  std::string outcome;  // for kFinished
};
inline constexpr size_t kJournalRecordHead = 1 + kJobIdBytes + 8;  // then the outcome

std::string PackRecord(const JournalRecord& record);
// False for what another version may have written.
bool UnpackRecord(absl::string_view bytes, JournalRecord* record);

}  // namespace orch::nodeagent

// One record as a line of the audit log, and the hash that chains it to the line before (docs/AUDIT.md has the exact
// definition). Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/audit/audit_sink.h"

namespace orch::auth {

// A longer record is shortened: its lists and objects become counts, and its long texts are cut.
inline constexpr size_t kMaxAuditLineBytes = 1u << 20;

// The end of a chain: number and hash (32 bytes) of its last record. seq 0: the chain is empty.
struct AuditHead {
  uint64_t seq = 0;
  std::string hash = std::string(32, '\0');

  bool operator==(const AuditHead& other) const { return seq == other.seq && hash == other.hash; }
};

// "SEQ:HASH" with the hash in hex.
std::string AuditHeadText(const AuditHead& head);
// InvalidArgument for every text that AuditHeadText cannot return.
absl::StatusOr<AuditHead> ParseAuditHead(absl::string_view text);

// The line of `record`, without a line end, that follows `*head`. Moves `*head` to the new line.
std::string ComposeAuditLine(const AuditRecord& record, absl::Time time, AuditHead* head);

// What a line says of itself, read without a JSON parser.
struct AuditLink {
  uint64_t seq = 0;
  absl::string_view time;  // RFC 3339 in UTC with microseconds, so that times compare as texts; of the line's memory
  std::string prev;        // 32 bytes
  std::string hash;        // 32 bytes, as written in the line
  bool fits = false;       // the hash is that of the line
};
// InvalidArgument if the line does not have the form of a record.
absl::StatusOr<AuditLink> ReadAuditLink(absl::string_view line);

// Number and time of a line, without looking at its end; false if it does not begin as a record does.
bool ReadAuditStart(absl::string_view line, uint64_t* seq, absl::string_view* time);

// The time as lines write it: "2026-01-31T12:00:00.000000Z".
std::string AuditTimeText(absl::Time time);

}  // namespace orch::auth

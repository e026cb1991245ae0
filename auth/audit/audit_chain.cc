#include "auth/audit/audit_chain.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/audit/audit_files.h"
#include "base/json.h"
#include "base/status_macros.h"

namespace orch::auth {

absl::Status AuditChain::ReadLog(const std::string& path, bool live) {
  ORCH_ASSIGN_OR_RETURN(OpenedAuditLog log, OpenAuditLog(path));
  for (const AuditFile& file : log.old) {
    const absl::Status read = ReadFile(file.path);
    // The log itself may have removed the file since.
    if (!read.ok() && !absl::IsNotFound(read)) return read;
  }
  return log.current.has_value() ? Read(*std::move(log.current), path, live) : absl::OkStatus();
}

absl::Status AuditChain::ReadFile(const std::string& path) {
  ORCH_ASSIGN_OR_RETURN(LineReader reader, LineReader::Open(path));
  return Read(std::move(reader), path, /*live=*/false);
}

absl::Status AuditChain::Read(LineReader reader, const std::string& path, bool live) {
  absl::string_view line;
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const LineReader::Result result, reader.Next(&line));
    if (result == LineReader::Result::kEnd) break;
    AddLine(result == LineReader::Result::kTooLong ? "" : line, absl::StrCat(path, ":", reader.number()));
  }
  if (!line.empty() && !live) {
    AddProblem(absl::StrCat(path, ":", reader.number() + 1), "the last line has no end");
  }
  return absl::OkStatus();
}

void AuditChain::AddProblem(absl::string_view place, std::string what) {
  ++problem_count_;
  if (problems_.size() < kMaxProblems) problems_.push_back(absl::StrCat(place, ": ", what));
}

void AuditChain::AddLine(absl::string_view line, absl::string_view place) {
  const absl::StatusOr<AuditLink> link = ReadAuditLink(line);
  if (!link.ok()) {
    AddProblem(place, std::string(link.status().message()));
    return;
  }
  ++records_;
  if (first_seq_ == 0) {
    first_seq_ = link->seq;
    if (!link->fits) AddProblem(place, absl::StrCat("record ", link->seq, " was changed: its hash does not fit"));
  } else {
    CheckLink(*link, place);
  }
  if (absl::StrContains(line, "\"event\":\"audit.removed\"")) NoteRemoval(line);
  for (Expected& expected : expected_) {
    if (link->seq != expected.head.seq) continue;
    if (!expected.seen && link->hash != expected.head.hash) {
      AddProblem(place, absl::StrCat("record ", link->seq,
                                     " is another one than the head that was remembered: the log was rewritten"));
    }
    expected.seen = true;
  }
  head_ = {link->seq, link->hash};
  last_place_ = std::string(place);
}

void AuditChain::CheckLink(const AuditLink& link, absl::string_view place) {
  if (!link.fits) {
    AddProblem(place, absl::StrCat("record ", link.seq, " was changed: its hash does not fit"));
  }
  if (link.seq != head_.seq + 1) {
    if (link.seq > head_.seq) {
      const uint64_t missing = link.seq - head_.seq - 1;
      AddProblem(place, absl::StrCat("record ", link.seq, " follows record ", head_.seq, ": ", missing,
                                     missing == 1 ? " record is" : " records are", " missing"));
    } else {
      AddProblem(place,
                 absl::StrCat("record ", link.seq, " follows record ", head_.seq, ": records were moved or repeated"));
    }
  } else if (link.prev != head_.hash) {
    AddProblem(place, absl::StrCat("record ", link.seq, " does not continue record ", head_.seq,
                                   ": the record before was replaced"));
  }
}

void AuditChain::NoteRemoval(absl::string_view line) {
  const absl::StatusOr<Json> record = ParseJsonObject(line, "audit record");
  if (!record.ok() || record->value("event", "") != "audit.removed") return;
  const auto through = record->find("through");
  if (through != record->end() && through->is_number_unsigned()) {
    removed_through_ = std::max(removed_through_, through->get<uint64_t>());
  }
}

void AuditChain::Finish() {
  const std::string end = last_place_.empty() ? "the log" : last_place_;
  if (first_seq_ > 1 && removed_through_ + 1 < first_seq_) {
    AddProblem(end, absl::StrCat("the log begins with record ", first_seq_,
                                 ", and no record says that the log itself removed those before"));
  }
  for (const Expected& expected : expected_) {
    if (expected.seen || expected.head.seq == 0) continue;
    if (expected.head.seq > head_.seq) {
      AddProblem(end, absl::StrCat("the log ends with record ", head_.seq, ", but record ", expected.head.seq,
                                   " was remembered: its end is missing"));
    } else if (expected.head.seq >= first_seq_) {
      AddProblem(end, absl::StrCat("record ", expected.head.seq, ", which was remembered, is not in the log"));
    } else {
      AddProblem(end, absl::StrCat("record ", expected.head.seq,
                                   ", which was remembered, is older than the log and cannot be checked"));
    }
  }
}

}  // namespace orch::auth

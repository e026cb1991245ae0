// Checks the chain of an audit log: reads files in order and reports every place where a record was changed, removed,
// added or moved. Not thread-safe; used for one check, on a thread that may block.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth/audit/audit_line.h"
#include "auth/audit/line_reader.h"

namespace orch::auth {

class AuditChain {
 public:
  static constexpr size_t kMaxProblems = 100;

  // Expects that the log holds `head`, which somebody remembers. Call before the first line.
  void Expect(const AuditHead& head) { expected_.push_back({head, false}); }

  // Reads all files of the log `path`. `live`: somebody writes it, and the last line may be on its way. Errors:
  // OpenAuditLog.
  absl::Status ReadLog(const std::string& path, bool live);
  // Reads one file; files come in their order. NotFound, PermissionDenied and others if it cannot be read.
  absl::Status ReadFile(const std::string& path);
  // Takes one line of `place` ("FILE:LINE").
  void AddLine(absl::string_view line, absl::string_view place);
  // After the last file: compares with the expected heads, and checks that a missing beginning was removed by the log.
  void Finish();

  bool intact() const { return problem_count_ == 0; }
  uint64_t records() const { return records_; }
  uint64_t first_seq() const { return first_seq_; }
  const AuditHead& head() const { return head_; }  // of the last record
  // For people, in order, at most kMaxProblems: "FILE:LINE: record 17 was changed: its hash does not fit".
  const std::vector<std::string>& problems() const { return problems_; }
  uint64_t problem_count() const { return problem_count_; }

 private:
  struct Expected {
    AuditHead head;
    bool seen = false;
  };

  absl::Status Read(LineReader reader, const std::string& path, bool live);
  void AddProblem(absl::string_view place, std::string what);
  void CheckLink(const AuditLink& link, absl::string_view place);
  void NoteRemoval(absl::string_view line);

  std::vector<Expected> expected_;
  AuditHead head_;
  std::string last_place_;
  uint64_t records_ = 0;
  uint64_t first_seq_ = 0;
  uint64_t removed_through_ = 0;  // by the log's own records
  uint64_t problem_count_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace orch::auth

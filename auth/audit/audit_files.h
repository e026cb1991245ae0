// The files of one audit log: the one that is written, PATH, and older ones, PATH.SEQ, where SEQ is the number of the
// file's first record in 12 digits or more. A file keeps its name once it has one, so that a reader may list first and
// open later. Pure functions that ask the file system; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "auth/audit/line_reader.h"

namespace orch::auth {

struct AuditFile {
  std::string path;
  uint64_t first_seq = 0;  // by its name; 0 for the file that is written
};

std::string OldAuditFileName(const std::string& path, uint64_t first_seq);

// The files, the oldest first; the one that is written comes last, if it exists. NotFound if there is none; other
// errors name the folder.
absl::StatusOr<std::vector<AuditFile>> ListAuditFiles(const std::string& path);

// A log whose newest file was opened before the others were listed, so that a file that is moved aside meanwhile is
// read exactly once.
struct OpenedAuditLog {
  std::vector<AuditFile> old;         // the oldest first
  std::optional<LineReader> current;  // of PATH, if it exists
};
// Errors: ListAuditFiles, LineReader::Open.
absl::StatusOr<OpenedAuditLog> OpenAuditLog(const std::string& path);

}  // namespace orch::auth

// Finds the end of the chain in a file of an audit log, reading its end only. Asks the file system; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "auth/audit/audit_line.h"

namespace orch::auth {

struct AuditTailLine {
  AuditHead head;           // of the last line that has the form of a record; seq 0: none
  uint64_t whole = 0;       // bytes until the last line end
  uint64_t torn_bytes = 0;  // bytes after it
  std::string broken;       // for people: why the last line does not prove the chain; empty: it does
};

// Reads the end of the open file `fd` of `size` bytes.
absl::StatusOr<AuditTailLine> ReadAuditTailLine(int fd, uint64_t size, const std::string& path);

}  // namespace orch::auth

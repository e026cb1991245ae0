// The file of the durable job store: its making, its schema by version, and the checks before
// anything of it is used. What cannot be used is refused and left as it is, never begun anew.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "services/hub/job_store/sqlite.h"

namespace orch::hub {

inline constexpr int64_t kJobStoreVersion = 3;        // of the schema; PRAGMA user_version
inline constexpr int64_t kJobStoreMark = 0x6f726a73;  // PRAGMA application_id: this is a job store

// A connection for writing, made durable (WAL, synchronous=FULL), with the schema of this version;
// made with mode 0600 when there is no such file. The lock must be held. FailedPrecondition says
// what is wrong with the file (damaged, foreign, of a newer version, empty) and what to do.
absl::StatusOr<std::unique_ptr<Sqlite>> OpenJobStoreFile(const std::string& path, Random* random);

}  // namespace orch::hub

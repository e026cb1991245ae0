// Opens the file of the durable job store: makes it, brings its schema to the present version, and checks it before
// anything of it is used. A file that cannot be used is refused and left as it is; no new file takes its place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "services/hub/job_store/sqlite.h"

namespace orch::hub {

inline constexpr int64_t kJobStoreVersion = 4;        // of the schema; PRAGMA user_version
inline constexpr int64_t kJobStoreMark = 0x6f726a73;  // PRAGMA application_id: this is a job store

// Opens a durable connection (WAL, synchronous=FULL) for writing, with the schema of this version. Makes the file with
// mode 0600 when there is none. The caller must hold the JobStoreLock. FailedPrecondition says what is wrong with the
// file (damaged, foreign, of a newer version, empty) and what to do.
absl::StatusOr<std::unique_ptr<Sqlite>> OpenJobStoreFile(const std::string& path, Random* random);

}  // namespace orch::hub

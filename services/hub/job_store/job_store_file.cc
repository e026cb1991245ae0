#include "services/hub/job_store/job_store_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

// Step N makes version N from version N-1. A released step is never edited: every change is a new step.
constexpr const char* kSteps[kJobStoreVersion] = {
    // The key of replies and changes consists of the number of the job and their own number, (job << 32) + number, so
    // that the rows of a job are together and new rows are appended.
    R"sql(
      CREATE TABLE store (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
      CREATE TABLE jobs (
        num INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        caller TEXT NOT NULL, plugin TEXT NOT NULL, action TEXT NOT NULL,
        created_us INTEGER NOT NULL, finished_us INTEGER NOT NULL DEFAULT 0,
        state INTEGER NOT NULL, paused_because TEXT NOT NULL DEFAULT '', ended_early TEXT NOT NULL DEFAULT '',
        released INTEGER NOT NULL DEFAULT 0, detail BLOB NOT NULL DEFAULT '',
        targets INTEGER NOT NULL, ok INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
        missing INTEGER NOT NULL DEFAULT 0,
        run_limit_us INTEGER NOT NULL, deadline_us INTEGER NOT NULL, inputs_withheld INTEGER NOT NULL,
        summary BLOB NOT NULL DEFAULT '', spec BLOB NOT NULL, accepted BLOB NOT NULL, plan BLOB NOT NULL);
      CREATE INDEX jobs_finished ON jobs (finished_us, num) WHERE finished_us > 0;
      CREATE INDEX jobs_unfinished ON jobs (num) WHERE finished_us = 0;
      CREATE TABLE targets (job INTEGER PRIMARY KEY, identities BLOB NOT NULL);
      CREATE TABLE changes (key INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, tasks BLOB NOT NULL);
      CREATE TABLE replies (
        key INTEGER PRIMARY KEY, task INTEGER NOT NULL, state INTEGER NOT NULL, reply BLOB NOT NULL);
    )sql",
    R"sql(
      ALTER TABLE jobs ADD COLUMN idempotency_key TEXT NOT NULL DEFAULT '';
      CREATE UNIQUE INDEX jobs_key ON jobs (caller, idempotency_key) WHERE idempotency_key <> '';
    )sql",
    // The fleet. Presence, which changes often, is stored apart from the description of a node, which is large.
    R"sql(
      CREATE TABLE nodes (
        num INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, first_seen_us INTEGER NOT NULL,
        last_seen_us INTEGER NOT NULL, attached INTEGER NOT NULL, gone_us INTEGER NOT NULL,
        gone_reason TEXT NOT NULL);
      CREATE TABLE node_parts (
        num INTEGER PRIMARY KEY, node BLOB NOT NULL, facts BLOB NOT NULL, facts_bytes INTEGER NOT NULL);
      CREATE TABLE ddls (sha256 BLOB PRIMARY KEY, bytes INTEGER NOT NULL, json BLOB NOT NULL);
    )sql",
    R"sql(
      CREATE TABLE records (
        kind TEXT NOT NULL, id TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
    )sql",
};

absl::Status Refuse(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("job store ", path, " ", why,
                   "; the hub does not start rather than lose jobs. Put a good copy in its place, or move "
                   "it and its -wal and -shm files away: then the hub begins with an empty store"));
}

absl::Status Migrate(Sqlite* file, int64_t from) {
  for (int64_t version = from; version < kJobStoreVersion; ++version) {
    ORCH_RETURN_IF_ERROR(file->Run(
        absl::StrCat("BEGIN IMMEDIATE;", kSteps[version], "PRAGMA user_version = ", version + 1, "; COMMIT;")));
  }
  return absl::OkStatus();
}

// Makes the whole file or none: the file gets its name only when it is a complete store.
absl::Status Make(const std::string& path, Random* random) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return ErrnoStatus(error.value(), absl::StrCat("cannot make the folder of job store ", path));
  const std::string made = absl::StrCat(path, ".new");
  unlink(made.c_str());
  const int fd = open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot make job store ", made));
  const absl::Cleanup closer = [fd] { close(fd); };
  {
    ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<Sqlite> file, Sqlite::Open(made, Sqlite::Mode::kWrite));
    // No sync here: the file is synced once, below.
    ORCH_RETURN_IF_ERROR(file->Run(absl::StrCat("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = MEMORY;",
                                                "PRAGMA synchronous = OFF; PRAGMA application_id = ", kJobStoreMark)));
    ORCH_RETURN_IF_ERROR(Migrate(file.get(), 0));
    ORCH_RETURN_IF_ERROR(file->Run(absl::StrCat("INSERT INTO store VALUES ('id', '",
                                                absl::BytesToHexString(random->Bytes(8)), "'), ('starts', 0)")));
  }
  if (fsync(fd) != 0) return ErrnoStatus(errno, absl::StrCat("cannot sync job store ", made));
  if (rename(made.c_str(), path.c_str()) != 0) return ErrnoStatus(errno, absl::StrCat("cannot name job store ", path));
  LogInfo("job store made", {{"file", path}});
  return SyncFolderOf(path);
}

// SQLite would treat an empty file as a new database, and a missing file as a first start.
absl::Status CheckThere(const std::string& path, Random* random) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) return ErrnoStatus(errno, absl::StrCat("cannot read job store ", path));
    if (access(absl::StrCat(path, "-wal").c_str(), F_OK) == 0) {
      return Refuse(path, "is gone, but its write-ahead log is there");
    }
    return Make(path, random);
  }
  if (!S_ISREG(status.st_mode)) return Refuse(path, "is no regular file");
  if (status.st_size == 0) return Refuse(path, "is empty");
  if ((status.st_mode & 077) != 0 && chmod(path.c_str(), 0600) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot take job store ", path, " from other users (mode 0600)"));
  }
  return absl::OkStatus();
}

absl::Status CheckWhole(Sqlite* file) {
  const auto mark = file->Number("PRAGMA application_id");
  if (absl::IsDataLoss(mark.status())) return Refuse(file->path(), "is damaged or no job store (not an SQLite file)");
  ORCH_RETURN_IF_ERROR(mark.status());
  if (*mark != kJobStoreMark) return Refuse(file->path(), "belongs to another program");
  ORCH_ASSIGN_OR_RETURN(const int64_t version, file->Number("PRAGMA user_version"));
  if (version > kJobStoreVersion) {
    return Refuse(file->path(), absl::StrCat("was written by a newer orch-hub (version ", version, ", this one knows ",
                                             kJobStoreVersion, "): use that one"));
  }
  if (version < 1) return Refuse(file->path(), absl::StrCat("has no schema version (", version, ")"));
  const auto found = file->Text("PRAGMA quick_check(1)");
  if (!found.ok() && !absl::IsDataLoss(found.status())) return found.status();
  if (!found.ok() || *found != "ok") {
    return Refuse(file->path(), absl::StrCat("is damaged (", found.ok() ? *found : found.status().message(), ")"));
  }
  return Migrate(file, version);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Sqlite>> OpenJobStoreFile(const std::string& path, Random* random) {
  ORCH_RETURN_IF_ERROR(CheckThere(path, random));
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<Sqlite> file, Sqlite::Open(path, Sqlite::Mode::kWrite));
  file->set_log_kept(true);  // a refused file is left as it is, so that it can be repaired
  ORCH_RETURN_IF_ERROR(CheckWhole(file.get()));
  file->set_log_kept(false);
  ORCH_RETURN_IF_ERROR(
      file->Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
                "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 2000;"
                "PRAGMA journal_size_limit = 67108864;"
                "UPDATE store SET value = value + 1 WHERE name = 'starts'"));
  return file;
}

}  // namespace orch::hub

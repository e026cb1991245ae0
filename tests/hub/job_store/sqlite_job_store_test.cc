#include "services/hub/job_store/sqlite_job_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/durable_file.h"
#include "base/executor.h"
#include "base/manual_clock.h"
#include "services/hub/job_store/forwarding_job_store.h"
#include "services/hub/job_store/job_store_file.h"
#include "tests/hub/fakes.h"
#include "tests/hub/job_store/job_store_conformance.h"
#include "tests/support/temp_folder.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using Code = absl::StatusCode;

// A store in a folder of its own.
struct OwnFolder {
  TempFolder dir;
  CountingRandom random;
  std::unique_ptr<SqliteJobStore> store;
};

class StoreInOwnFolder final : public ForwardingJobStore {
 public:
  explicit StoreInOwnFolder(std::unique_ptr<OwnFolder> folder)
      : ForwardingJobStore(folder->store.get()), folder_(std::move(folder)) {}

 private:
  const std::unique_ptr<OwnFolder> folder_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, JobStoreConformance,
                         ::testing::Values([](const Clock* clock, Executor* executor, JobStoreLimits limits) {
                           auto folder = std::make_unique<OwnFolder>();
                           folder->store =
                               *SqliteJobStore::Open(clock, &folder->random, executor,
                                                     {folder->dir.Path("jobs.db"), limits.count, limits.age});
                           return std::make_unique<StoreInOwnFolder>(std::move(folder));
                         }));

class SqliteJobStoreTest : public ::testing::Test {
 protected:
  TempFolder dir_;
  const std::string path_ = dir_.Path("state/jobs.db");
  const std::string id_ = JobId("a");
  ManualClock clock_;
  CountingRandom random_;
  WaitingExecutor executor_;
  std::unique_ptr<SqliteJobStore> store_;
  std::unique_ptr<StoreCalls> call_;

  absl::Status Open(SqliteJobStore::Options options = {}) {
    call_.reset();
    store_.reset();
    options.path = path_;
    auto store = SqliteJobStore::Open(&clock_, &random_, &executor_, options);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    call_ = std::make_unique<StoreCalls>(store_.get(), &executor_);
    return absl::OkStatus();
  }
  // As a hub that was killed leaves it: nothing of this process is flushed or checkpointed.
  void CopyAway(const std::string& to) {
    std::filesystem::create_directories(to);
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(path_ + suffix, to + "/jobs.db" + suffix);
    }
  }
  void Close() {
    call_.reset();
    store_.reset();
  }
  void Fill(const std::string& id, uint32_t replies, size_t bytes) {
    ASSERT_EQ(call_->Create(JobOf(id), std::vector<std::string>(replies, "n")), absl::OkStatus());
    for (uint32_t i = 0; i < replies; ++i) {
      store_->AppendReply(id, i, ReplyOf("n", v1::OK, std::string(bytes, 'x')), nullptr);
    }
    ASSERT_EQ(call_->Finish(id), absl::OkStatus());
  }
  void Overwrite(off_t at, const std::string& bytes) {
    const int fd = open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(pwrite(fd, bytes.data(), bytes.size(), at), static_cast<ssize_t>(bytes.size()));
    close(fd);
  }
};

TEST_F(SqliteJobStoreTest, AHubThatComesBackFindsEverything) {
  ASSERT_EQ(Open(), absl::OkStatus());
  const std::string store_id = store_->id();
  ASSERT_TRUE(call_->Create(JobOf(id_), {"n1", "n2"}).ok());
  ASSERT_TRUE(call_->RecordTasks(id_, {{.task = 0}, {.task = 1}}).ok());
  ASSERT_TRUE(call_->AppendReply(id_, 1, ReplyOf("n2", v1::FAILED)).ok());
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_EQ(store_->id(), store_id);
  EXPECT_EQ(store_->starts(), 2u);
  std::vector<UnfinishedJob> jobs;
  ASSERT_TRUE(store_->LoadUnfinished([&](UnfinishedJob job) { jobs.push_back(std::move(job)); }).ok());
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].tasks[0].state, v1::SENT);
  EXPECT_EQ(jobs[0].tasks[1].state, v1::FAILED);
  // And goes on where it stopped.
  EXPECT_EQ(call_->AppendReply(id_, 1, ReplyOf("n2")).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(*call_->AppendReply(id_, 0, ReplyOf("n1")), 2u);
  const auto job = call_->Get(id_);
  EXPECT_EQ(job->ok, 1u);
  EXPECT_EQ(job->failed, 1u);
}

TEST_F(SqliteJobStoreTest, WhatWasAnsweredIsThereAfterAKill) {
  ASSERT_EQ(Open(), absl::OkStatus());
  ASSERT_TRUE(call_->Create(JobOf(id_), {"n1"}).ok());
  ASSERT_TRUE(call_->AppendReply(id_, 0, ReplyOf("n1")).ok());
  CopyAway(dir_.Path("copy"));
  auto copy = SqliteJobStore::Open(&clock_, &random_, &executor_, {dir_.Path("copy/jobs.db")});
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_THAT(StoreCalls(copy->get(), &executor_).Replies(id_)->replies, SizeIs(1));
}

TEST_F(SqliteJobStoreTest, WhatWasGivenIsCommittedBeforeTheStoreEnds) {
  ASSERT_EQ(Open(), absl::OkStatus());
  store_->Create(JobOf(id_), std::vector<std::string>(2000, "n"), nullptr);
  for (uint32_t i = 0; i < 2000; ++i) store_->AppendReply(id_, i, ReplyOf("n"), nullptr);
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_EQ(call_->Get(id_)->ok, 2000u);
}

TEST_F(SqliteJobStoreTest, AfterAnOrderlyEndEverythingStandsInTheOneFile) {
  ASSERT_EQ(Open(), absl::OkStatus());
  Fill(id_, 20, 1000);
  ASSERT_TRUE(call_->Get(id_).ok()) << "the reader is open too";
  Close();
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  std::filesystem::copy_file(path_, dir_.Path("copy.db"));
  auto copy = SqliteJobStore::Open(&clock_, &random_, &executor_, {dir_.Path("copy.db")});
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(StoreCalls(copy->get(), &executor_).Get(id_)->ok, 20u);
}

TEST_F(SqliteJobStoreTest, OnlyItsOwnUserCanReadIt) {
  ASSERT_EQ(Open(), absl::OkStatus());
  ASSERT_TRUE(call_->Create(JobOf(id_), {}).ok());
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat status;
    ASSERT_EQ(stat((path_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
  Close();
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  ASSERT_EQ(Open(), absl::OkStatus());
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(SqliteJobStoreTest, TwoHubsDoNotShareIt) {
  ASSERT_EQ(Open(), absl::OkStatus());
  const auto second = SqliteJobStore::Open(&clock_, &random_, &executor_, {path_});
  EXPECT_EQ(second.status().code(), Code::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr("another hub"));
}

TEST_F(SqliteJobStoreTest, RefusesAFileThatIsNoJobStoreAndLeavesItAsItIs) {
  std::filesystem::create_directories(dir_.Path("state"));
  std::ofstream(path_)
      << "notes of mine, longer than a header of a database file would be, for a good reason: it is read";
  const absl::Status status = Open();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr(path_));
  EXPECT_THAT(status.message(), HasSubstr("not an SQLite file"));
  EXPECT_THAT(status.message(), HasSubstr("move it"));
  std::string line;
  std::getline(std::ifstream(path_), line);
  EXPECT_THAT(line, HasSubstr("notes of mine"));
}

TEST_F(SqliteJobStoreTest, RefusesAnotherProgramsDatabase) {
  std::filesystem::create_directories(dir_.Path("state"));
  std::ofstream(path_).close();
  ASSERT_TRUE((*Sqlite::Open(path_, Sqlite::Mode::kWrite))->Run("CREATE TABLE t (a); PRAGMA user_version = 1").ok());
  EXPECT_THAT(Open().message(), HasSubstr("another program"));
}

TEST_F(SqliteJobStoreTest, RefusesWhatANewerHubWrote) {
  ASSERT_EQ(Open(), absl::OkStatus());
  Close();
  ASSERT_TRUE((*Sqlite::Open(path_, Sqlite::Mode::kWrite))->Run("PRAGMA user_version = 99").ok());
  const absl::Status status = Open();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("newer orch-hub"));
}

TEST_F(SqliteJobStoreTest, NeverBeginsAnewOverAnEmptyOrLostFile) {
  ASSERT_EQ(Open(), absl::OkStatus());
  ASSERT_TRUE(call_->Create(JobOf(id_), {}).ok());
  CopyAway(dir_.Path("copy"));
  Close();
  ASSERT_EQ(truncate(path_.c_str(), 0), 0);
  EXPECT_THAT(Open().message(), HasSubstr("is empty"));
  std::filesystem::rename(dir_.Path("copy/jobs.db-wal"), path_ + "-wal");
  std::filesystem::remove(path_);
  EXPECT_THAT(Open().message(), HasSubstr("is gone, but its write-ahead log"));
}

TEST_F(SqliteJobStoreTest, ADamagedFileIsRefused) {
  ASSERT_EQ(Open(), absl::OkStatus());
  Fill(id_, 500, 500);
  Close();
  const auto pages = static_cast<off_t>(std::filesystem::file_size(path_) / 4096);
  for (off_t page = 5; page < pages; page += 3) Overwrite(page * 4096, std::string(64, '\x5a'));
  const absl::Status status = Open();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("is damaged"));
  EXPECT_THAT(status.message(), HasSubstr(path_));
}

TEST_F(SqliteJobStoreTest, WhatIsRefusedIsLeftAsItIs) {
  ASSERT_EQ(Open(), absl::OkStatus());
  ASSERT_TRUE(call_->Create(JobOf(id_), {}).ok());
  CopyAway(dir_.Path("copy"));
  Close();
  for (const char* name : {"jobs.db", "jobs.db-wal"}) {
    std::filesystem::rename(absl::StrCat(dir_.path(), "/copy/", name), absl::StrCat(dir_.path(), "/state/", name));
  }
  const auto contents = [](const std::string& path) { return ReadFile(path, 1 << 20).value_or("not there"); };
  const std::string log = contents(path_ + "-wal");
  ASSERT_GT(log.size(), 4096);
  Overwrite(0, std::string(4096, 'x'));
  const std::string file = contents(path_);
  EXPECT_EQ(Open().code(), Code::kFailedPrecondition);
  EXPECT_TRUE(contents(path_) == file);
  EXPECT_TRUE(contents(path_ + "-wal") == log);
}

// As version 1 wrote it; never changed with the code.
constexpr char kVersionOne[] = R"sql(
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA application_id = 1869769331;
  CREATE TABLE store (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
  CREATE TABLE jobs (
    num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
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
  CREATE TABLE replies (key INTEGER PRIMARY KEY, task INTEGER NOT NULL, state INTEGER NOT NULL, reply BLOB NOT NULL);
  INSERT INTO store VALUES ('id', '0123456789abcdef'), ('starts', 4);
  INSERT INTO jobs (num, id, caller, plugin, action, created_us, state, targets, ok, run_limit_us, deadline_us,
                    inputs_withheld, spec, accepted, plan)
    VALUES (1, 'a0000000000000000000000000000000', 'client=peadmin', 'package', 'status', 1000, 1, 2, 1, 5000000, 7000000,
            0, x'0a077061636b6167651206737461747573', x'', x'');
  INSERT INTO targets VALUES (1, CAST('n1' || char(10) || 'n2' || char(10) AS BLOB));
  INSERT INTO changes VALUES (4294967297, 2000, x'0000000001000200' || x'0100000001000200');
  INSERT INTO replies VALUES (4294967297, 0, 4, x'0a026e311004');
  PRAGMA user_version = 1;
)sql";

TEST_F(SqliteJobStoreTest, AStoreOfVersionOneIsBroughtUpToDate) {
  std::filesystem::create_directories(dir_.Path("state"));
  std::ofstream(path_).close();
  ASSERT_EQ((*Sqlite::Open(path_, Sqlite::Mode::kWrite))->Run(kVersionOne), absl::OkStatus());
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_EQ(store_->id(), "0123456789abcdef");
  EXPECT_EQ(store_->starts(), 5u);
  EXPECT_EQ(call_->Get(id_)->spec.plugin(), "package");
  EXPECT_EQ(call_->Replies(id_)->replies.at(0).reply.identity(), "n1");
  std::vector<UnfinishedJob> jobs;
  ASSERT_EQ(store_->LoadUnfinished([&](UnfinishedJob job) { jobs.push_back(std::move(job)); }), absl::OkStatus());
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].tasks.at(1).identity, "n2");
  EXPECT_EQ(jobs[0].tasks.at(1).state, v1::SENT);
  // What version 2 brought works in it.
  StoredJob job = JobOf(JobId("b"));
  job.spec.set_idempotency_key("k");
  ASSERT_EQ(call_->Create(job, {}), absl::OkStatus());
  EXPECT_EQ(call_->GetByKey(job.caller, "k")->job_id, job.job_id);
  Close();
  EXPECT_EQ(*(*Sqlite::Open(path_, Sqlite::Mode::kRead))->Number("PRAGMA user_version"), kJobStoreVersion);
}

TEST_F(SqliteJobStoreTest, WhatIsForgottenFreesItsSpace) {
  ASSERT_EQ(Open(), absl::OkStatus());
  for (const char* digit : {"a", "b", "c", "d"}) Fill(JobId(digit), 500, 8000);
  call_->Expire();
  const uint64_t full = store_->Stats().bytes;
  ASSERT_GT(full, 16u << 20);
  EXPECT_EQ(*call_->Prune(0, 1), 3u);
  Close();  // the work of shrinking is not awaited by anybody else
  ASSERT_EQ(Open(), absl::OkStatus());
  while (store_->Stats().bytes > full / 3) call_->Expire();
  Close();
  EXPECT_LT(std::filesystem::file_size(path_), full / 3) << "all of it: the log was folded in";
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_EQ(call_->Get(JobId("d"))->ok, 500u);
}

TEST_F(SqliteJobStoreTest, TheOldestGoWhenTheFileGrowsPastItsSize) {
  ASSERT_EQ(Open({.bytes = 10u << 20}), absl::OkStatus());
  for (const char* digit : {"a", "b", "c", "d"}) Fill(JobId(digit), 500, 8000);
  call_->Expire();
  EXPECT_FALSE(call_->Get(JobId("a")).ok());
  EXPECT_TRUE(call_->Get(JobId("d")).ok());
}

// SQLite's own limit stands for the end of the disk, and fails at the same place.
TEST_F(SqliteJobStoreTest, AFullDiskIsAnErrorWithANameAndReadsGoOn) {
  ASSERT_EQ(Open({.max_bytes = 2u << 20}), absl::OkStatus());
  ASSERT_TRUE(call_->Create(JobOf(id_), std::vector<std::string>(1000, "n")).ok());
  uint32_t stored = 0;
  absl::Status full;
  while (stored < 1000) {
    full = call_->AppendReply(id_, stored, ReplyOf("n", v1::OK, std::string(8000, 'x'))).status();
    if (!full.ok()) break;
    ++stored;
  }
  EXPECT_EQ(full.code(), Code::kResourceExhausted);
  EXPECT_THAT(full.message(), HasSubstr(path_));
  EXPECT_THAT(full.message(), HasSubstr("disk full"));
  EXPECT_THAT(store_->Stats().problem, HasSubstr("disk full"));
  ASSERT_GT(stored, 50u);
  EXPECT_EQ(call_->Get(id_)->ok, stored);
  EXPECT_EQ(call_->Replies(id_, {.from = stored, .limit = 10})->replies.size(), 1u);
  // What still fits is taken, and with the next number.
  EXPECT_EQ(*call_->AppendReply(id_, stored, ReplyOf("n")), stored + 1);
  EXPECT_EQ(store_->Stats().problem, "");
}

// What the system says when nothing more can be written: here a limit of this process.
TEST_F(SqliteJobStoreTest, AFileThatCannotGrowIsAFullDiskToo) {
  ASSERT_EQ(Open(), absl::OkStatus());
  ASSERT_TRUE(call_->Create(JobOf(id_), std::vector<std::string>(1000, "n")).ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {1u << 20, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  absl::Status full;
  uint32_t stored = 0;
  for (; stored < 1000 && full.ok(); ++stored) {
    full = call_->AppendReply(id_, stored, ReplyOf("n", v1::OK, std::string(8000, 'x'))).status();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, old_handler);
  EXPECT_EQ(full.code(), Code::kResourceExhausted) << full;
  EXPECT_THAT(store_->Stats().problem, HasSubstr("disk full"));
  EXPECT_EQ(call_->Get(id_)->ok, --stored);
  EXPECT_EQ(*call_->AppendReply(id_, stored, ReplyOf("n")), stored + 1);
  EXPECT_EQ(store_->Stats().problem, "");
}

}  // namespace
}  // namespace orch::hub

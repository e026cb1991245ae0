#include "services/hub/job_store/sqlite_record_store.h"

#include "services/hub/job_store/job_store_file.h"
#include "services/hub/job_store/sqlite_job_store.h"
#include "tests/hub/fakes.h"
#include "tests/hub/job_store/record_store_conformance.h"
#include "tests/support/temp_folder.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// The job store the records stand in, and their folder.
struct Owner {
  TempFolder dir;
  CountingRandom random;
  std::unique_ptr<SqliteJobStore> jobs;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, RecordStoreConformance, ::testing::Values([](const Clock* clock, Executor* executor) {
                           auto owner = std::make_shared<Owner>();
                           owner->jobs =
                               *SqliteJobStore::Open(clock, &owner->random, executor, {owner->dir.Path("jobs.db")});
                           std::unique_ptr<RecordStore> store = owner->jobs->MakeRecordStore();
                           return OwnedRecordStore{owner, std::move(store)};
                         }));

class SqliteRecordStoreTest : public ::testing::Test {
 protected:
  TempFolder dir_;
  ManualClock clock_;
  CountingRandom random_;
  WaitingExecutor executor_;
  std::unique_ptr<SqliteJobStore> jobs_;
  std::unique_ptr<RecordStore> records_;

  absl::Status Open(SqliteJobStore::Options options = {}) {
    Close();
    options.path = dir_.Path("jobs.db");
    auto store = SqliteJobStore::Open(&clock_, &random_, &executor_, options);
    if (!store.ok()) return store.status();
    jobs_ = *std::move(store);
    records_ = jobs_->MakeRecordStore();
    return absl::OkStatus();
  }
  void Close() {
    records_.reset();
    jobs_.reset();
  }
};

TEST_F(SqliteRecordStoreTest, AHubThatComesBackFindsItsRecords) {
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_TRUE(records_->durable());
  records_->Apply({{{{"token", "a"}, "1"}}, {}}, nullptr);  // committed before the store ends
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_THAT(LoadAll(records_.get(), "token"), ElementsAre(Pair("a", "1")));
}

TEST_F(SqliteRecordStoreTest, AStoreOfVersionThreeGetsRoomForRecords) {
  ASSERT_EQ(Open(), absl::OkStatus());
  Close();
  ASSERT_EQ(
      (*Sqlite::Open(dir_.Path("jobs.db"), Sqlite::Mode::kWrite))->Run("DROP TABLE records; PRAGMA user_version = 3"),
      absl::OkStatus());
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_THAT(LoadAll(records_.get(), "token"), IsEmpty());
  ASSERT_EQ(ApplyAndWait(records_.get(), &executor_, {{{{"token", "a"}, "1"}}, {}}), absl::OkStatus());
}

// SQLite's own limit stands for the end of the disk, and fails at the same place.
TEST_F(SqliteRecordStoreTest, AFullDiskIsAnErrorAndChangesNothing) {
  ASSERT_EQ(Open({.max_bytes = 1u << 20}), absl::OkStatus());
  ASSERT_EQ(ApplyAndWait(records_.get(), &executor_, {{{{"k", "a"}, "1"}}, {}}), absl::OkStatus());
  RecordChange large{{{{"k", "b"}, "2"}, {{"k", "c"}, std::string(2u << 20, 'x')}}, {{"k", "a"}}};
  EXPECT_EQ(ApplyAndWait(records_.get(), &executor_, std::move(large)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(LoadAll(records_.get(), "k"), ElementsAre(Pair("a", "1"))) << "all of a change or nothing";
}

}  // namespace
}  // namespace orch::hub

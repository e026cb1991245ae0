#include "services/hub/job_store/sqlite_node_store.h"

#include <unistd.h>

#include <filesystem>

#include "base/digest.h"
#include "base/executor.h"
#include "base/manual_clock.h"
#include "services/hub/job_store/job_store_file.h"
#include "services/hub/job_store/sqlite_job_store.h"
#include "tests/hub/fakes.h"
#include "tests/hub/job_store/job_store_conformance.h"
#include "tests/hub/job_store/node_store_conformance.h"
#include "tests/support/temp_folder.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// The job store the fleet's store stands in, and their folder.
struct Owner {
  TempFolder dir;
  CountingRandom random;
  std::unique_ptr<SqliteJobStore> jobs;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, NodeStoreConformance, ::testing::Values([](const Clock* clock, Executor* executor) {
                           auto owner = std::make_shared<Owner>();
                           owner->jobs =
                               *SqliteJobStore::Open(clock, &owner->random, executor, {owner->dir.Path("jobs.db")});
                           std::unique_ptr<NodeStore> store = owner->jobs->MakeNodeStore();
                           return OwnedNodeStore{owner, std::move(store)};
                         }));

class SqliteNodeStoreTest : public ::testing::Test {
 protected:
  TempFolder dir_;
  ManualClock clock_;
  CountingRandom random_;
  WaitingExecutor executor_;
  std::unique_ptr<SqliteJobStore> jobs_;
  std::unique_ptr<NodeStore> nodes_;

  absl::Status Open(SqliteJobStore::Options options = {}) {
    Close();
    options.path = dir_.Path("jobs.db");
    auto store = SqliteJobStore::Open(&clock_, &random_, &executor_, options);
    if (!store.ok()) return store.status();
    jobs_ = *std::move(store);
    nodes_ = jobs_->MakeNodeStore();
    return absl::OkStatus();
  }
  void Close() {
    nodes_.reset();
    jobs_.reset();
  }
  absl::Status Put(std::vector<v1::Node> nodes) {
    FleetChange change;
    change.nodes = std::move(nodes);
    return ApplyAndWait(nodes_.get(), &executor_, std::move(change));
  }
  StoredFleet Load() {
    StoredFleet fleet;
    EXPECT_EQ(nodes_->Load(&fleet), absl::OkStatus());
    for (StoredFleet::Node& stored : fleet.nodes) UnpackFacts(&stored);
    return fleet;
  }
  // In the file, while no hub has it.
  void Edit(const std::string& sql) {
    Close();
    ASSERT_EQ((*Sqlite::Open(dir_.Path("jobs.db"), Sqlite::Mode::kWrite))->Run(sql), absl::OkStatus());
  }
};

TEST_F(SqliteNodeStoreTest, AHubThatComesBackFindsItsFleet) {
  ASSERT_EQ(Open(), absl::OkStatus());
  FleetChange change;
  change.nodes = {StoredNodeOf("a"), StoredNodeOf("b")};
  change.ddls = {"a DDL"};
  nodes_->Apply(std::move(change), nullptr);  // committed before the store ends
  ASSERT_EQ(Open(), absl::OkStatus());
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(2));
  EXPECT_EQ(fleet.nodes[1].node.DebugString(), StoredNodeOf("b").DebugString());
  EXPECT_EQ(fleet.ddls.at(0), "a DDL");
}

TEST_F(SqliteNodeStoreTest, AStoreOfVersionTwoGetsRoomForTheFleetAndKeepsItsJobs) {
  ASSERT_EQ(Open(), absl::OkStatus());
  const std::string id = JobId("a");
  ASSERT_EQ(StoreCalls(jobs_.get(), &executor_).Create(JobOf(id), {"n1"}), absl::OkStatus());
  Edit("DROP TABLE nodes; DROP TABLE node_parts; DROP TABLE ddls; DROP TABLE records; PRAGMA user_version = 2");
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_EQ(StoreCalls(jobs_.get(), &executor_).Get(id)->job_id, id);
  EXPECT_THAT(Load().nodes, SizeIs(0));
  ASSERT_EQ(Put({StoredNodeOf("a")}), absl::OkStatus());
  EXPECT_THAT(Load().nodes, SizeIs(1));
}

TEST_F(SqliteNodeStoreTest, ANodeWhosePartsAreDamagedIsNamedAllTheSame) {
  ASSERT_EQ(Open(), absl::OkStatus());
  ASSERT_EQ(Put({StoredNodeOf("facts"), StoredNodeOf("gone"), StoredNodeOf("huge"), StoredNodeOf("lists"),
                 StoredNodeOf("whole")}),
            absl::OkStatus());
  Edit(
      "UPDATE node_parts SET facts = x'00ff' WHERE num = 1; DELETE FROM node_parts WHERE num = 2;"
      "UPDATE node_parts SET facts_bytes = 1000000000000 WHERE num = 3;"
      "UPDATE node_parts SET node = x'ffffff' WHERE num = 4");
  ASSERT_EQ(Open(), absl::OkStatus());
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(5));
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(fleet.nodes[i].problem, HasSubstr("cannot be read")) << fleet.nodes[i].node.identity();
    EXPECT_EQ(fleet.nodes[i].node.gone_reason(), "the connection to the node was lost");
    const bool facts_are_whole = fleet.nodes[i].node.identity() == "lists";
    EXPECT_EQ(fleet.nodes[i].node.facts_json(), facts_are_whole ? StoredNodeOf("lists").facts_json() : "");
  }
  EXPECT_EQ(fleet.nodes[4].node.identity(), "whole");
  EXPECT_EQ(fleet.nodes[4].problem, "");
}

TEST_F(SqliteNodeStoreTest, ADdlThatCannotBeReadIsLeftOut) {
  ASSERT_EQ(Open(), absl::OkStatus());
  FleetChange change;
  change.ddls = {"one", "two"};
  ASSERT_EQ(ApplyAndWait(nodes_.get(), &executor_, std::move(change)), absl::OkStatus());
  Edit("UPDATE ddls SET json = x'00' WHERE bytes = 3 AND rowid = 1");
  ASSERT_EQ(Open(), absl::OkStatus());
  EXPECT_THAT(Load().ddls, SizeIs(1));
}

// SQLite's own limit stands for the end of the disk, and fails at the same place.
TEST_F(SqliteNodeStoreTest, AFullDiskIsAnErrorAndChangesNothing) {
  ASSERT_EQ(Open({.max_bytes = 1u << 20}), absl::OkStatus());
  ASSERT_EQ(Put({StoredNodeOf("a")}), absl::OkStatus());
  std::string noise;
  while (noise.size() < 900'000) noise += Sha256(std::to_string(noise.size()));
  v1::Node large = StoredNodeOf("large", noise), also = StoredNodeOf("large2", noise);
  v1::Node gone = StoredNodeOf("a", R"({"changed":true})");
  const absl::Status full = Put({gone, large, also});
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  const StoredFleet fleet = Load();
  ASSERT_THAT(fleet.nodes, SizeIs(1));
  EXPECT_EQ(fleet.nodes[0].node.facts_json(), StoredNodeOf("a").facts_json()) << "all of a change or nothing";
  EXPECT_EQ(Put({gone}), absl::OkStatus()) << "what fits is taken";
}

}  // namespace
}  // namespace orch::hub

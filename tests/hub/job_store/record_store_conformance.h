// What every RecordStore must do. An implementation joins with
//   INSTANTIATE_TEST_SUITE_P(Name, RecordStoreConformance, Values(RecordStoreFactory{…}));
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/executor.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/record_store.h"
#include "tests/hub/job_store/store_calls.h"

namespace orch::hub {

// Waits for the answer.
absl::Status ApplyAndWait(RecordStore* store, WaitingExecutor* executor, RecordChange change);
std::map<std::string, std::string> LoadAll(RecordStore* store, absl::string_view kind);

// The store and what must outlive it.
struct OwnedRecordStore {
  std::shared_ptr<void> owner;
  std::unique_ptr<RecordStore> store;
};
using RecordStoreFactory = std::function<OwnedRecordStore(const Clock*, Executor*)>;

class RecordStoreConformance : public ::testing::TestWithParam<RecordStoreFactory> {
 protected:
  ManualClock clock_;
  WaitingExecutor executor_;
  OwnedRecordStore owned_ = GetParam()(&clock_, &executor_);
  RecordStore* const store_ = owned_.store.get();

  absl::Status Apply(RecordChange change) { return ApplyAndWait(store_, &executor_, std::move(change)); }
  std::map<std::string, std::string> Load(absl::string_view kind) { return LoadAll(store_, kind); }
};

}  // namespace orch::hub

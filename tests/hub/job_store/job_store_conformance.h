// What every JobStore must do. An implementation joins with
//   INSTANTIATE_TEST_SUITE_P(Name, JobStoreConformance, Values(JobStoreFactory{…}));
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/job_store.h"
#include "tests/hub/job_store/store_calls.h"

namespace orch::hub {

struct JobStoreLimits {
  size_t count = 3;
  absl::Duration age = absl::Hours(1);
};
using JobStoreFactory = std::function<std::unique_ptr<JobStore>(const Clock*, Executor*, JobStoreLimits)>;

// An id of 32 digits that begins with these.
std::string JobId(const std::string& digits);
StoredJob JobOf(const std::string& id, const std::string& plugin = "package");
v1::Reply ReplyOf(const std::string& identity, v1::TaskState state = v1::OK, const std::string& data = "{}");

class JobStoreConformance : public ::testing::TestWithParam<JobStoreFactory> {
 protected:
  ManualClock clock_;
  WaitingExecutor executor_;
  std::unique_ptr<JobStore> store_ = GetParam()(&clock_, &executor_, {});
  StoreCalls call_{store_.get(), &executor_};
  const std::string a_ = JobId("a"), b_ = JobId("b"), c_ = JobId("c"), d_ = JobId("d");

  void CreateJob(const std::string& id) { ASSERT_EQ(call_.Create(JobOf(id), {"n1", "n2", "n3"}), absl::OkStatus()); }
  std::vector<std::string> Ids(JobFilter filter = {});
  std::vector<std::string> Identities(const std::string& id, ReplyQuery query = {});
};

}  // namespace orch::hub

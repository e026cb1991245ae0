// What every JobStore must do. An implementation joins with
//   INSTANTIATE_TEST_SUITE_P(Name, JobStoreConformance, Values(JobStoreFactory{…}));
#pragma once

#include <functional>
#include <memory>

#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store.h"

namespace orch::hub {

struct JobStoreLimits {
  size_t count = 3;
  absl::Duration age = absl::Hours(1);
  size_t bytes = 1u << 20;
};
using JobStoreFactory = std::function<std::unique_ptr<JobStore>(const Clock*, JobStoreLimits)>;

class JobStoreConformance : public ::testing::TestWithParam<JobStoreFactory> {
 protected:
  ManualClock clock_;
  std::unique_ptr<JobStore> store_ = GetParam()(&clock_, {});

  static StoredJob JobOf(const std::string& id) {
    StoredJob job;
    job.job_id = id;
    job.caller = "psk=peadmin";
    job.spec.set_plugin("package");
    job.targets = 2;
    return job;
  }
  static v1::Reply ReplyOf(const std::string& identity, const std::string& data = "{}") {
    v1::Reply reply;
    reply.set_identity(identity);
    reply.set_state(v1::OK);
    reply.set_data_json(data);
    return reply;
  }
};

}  // namespace orch::hub

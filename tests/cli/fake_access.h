// The service Access of the fake hub: answers what the test has set, and keeps what it was asked.
#pragma once

#include <string>
#include <vector>

#include "base/mutex.h"
#include "orch/v1/access_service.grpc.pb.h"

namespace orch::cli::testing {

class FakeAccess final : public v1::Access::Service {
 public:
  // Set before the command runs.
  v1::GetAuthStatusResponse auth_status;
  v1::LabelNodesResponse labelled;  // for each request
  grpc::Status refusal;             // of every call, if it is not OK

  grpc::Status GetAuthStatus(grpc::ServerContext*, const v1::GetAuthStatusRequest*,
                             v1::GetAuthStatusResponse* response) override {
    *response = auth_status;
    return refusal;
  }
  grpc::Status LabelNodes(grpc::ServerContext*, const v1::LabelNodesRequest* request,
                          v1::LabelNodesResponse* response) override {
    *response = labelled;
    MutexLock lock(&mu_);
    label_requests_.push_back(*request);
    return refusal;
  }
  std::vector<v1::LabelNodesRequest> label_requests() const {
    MutexLock lock(&mu_);
    return label_requests_;
  }

 private:
  mutable Mutex mu_;
  std::vector<v1::LabelNodesRequest> label_requests_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::cli::testing

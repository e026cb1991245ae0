// The one place where the hub's statuses become gRPC's: the codes have the same numbers.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace orch::hub {

inline constexpr size_t kMaxErrorBytes = 4096;  // metadata has a limit of its own

inline grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()),
                      std::string(status.message().substr(0, kMaxErrorBytes)));
}

}  // namespace orch::hub

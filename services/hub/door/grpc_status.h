// The one place where the hub converts a status to gRPC's: the codes have the same numbers. Pure.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace orch::hub {

inline constexpr size_t kMaxErrorBytes = 4096;  // the message is sent as metadata, which has a limit

inline grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()),
                      std::string(status.message().substr(0, kMaxErrorBytes)));
}

}  // namespace orch::hub

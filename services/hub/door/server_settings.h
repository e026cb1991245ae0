// gRPC's settings for a hub, each with its reason.
#pragma once

#include <grpcpp/server_builder.h>

namespace orch::hub {

inline constexpr int kMaxMessageBytes = 4 << 20;
inline constexpr int kMaxMetadataBytes = 16 << 10;

void ApplyServerSettings(grpc::ServerBuilder* builder);

}  // namespace orch::hub

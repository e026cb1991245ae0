// gRPC's settings for a hub, each with its reason.
#pragma once

#include <grpcpp/server_builder.h>

namespace orch::hub {

inline constexpr int kMaxMessageBytes = 4 << 20;
inline constexpr int kMaxMetadataBytes = 16 << 10;

// `max_nodes`: how many connections gRPC's memory quota must have room for.
void ApplyServerSettings(grpc::ServerBuilder* builder, size_t max_nodes);

}  // namespace orch::hub

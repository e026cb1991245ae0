// The settings of the hub's gRPC server, each with its reason. A free function; keeps nothing.
#pragma once

#include <grpcpp/server_builder.h>

namespace orch::hub {

inline constexpr int kMaxMessageBytes = 4 << 20;
inline constexpr int kMaxMetadataBytes = 16 << 10;

// `max_nodes`: the number of connections for which gRPC's memory quota has room.
void ApplyServerSettings(grpc::ServerBuilder* builder, size_t max_nodes);

}  // namespace orch::hub

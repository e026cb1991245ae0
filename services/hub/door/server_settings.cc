#include "services/hub/door/server_settings.h"

#include <grpc/grpc.h>
#include <grpcpp/resource_quota.h>

namespace orch::hub {

namespace {

// gRPC gives up calls beyond this memory. It is the bound for all identities together; their shares are far smaller
// (share.h).
constexpr size_t kQuotaBytes = size_t{2} << 30;
constexpr size_t kQuotaBytesANode = 128u << 10;

}  // namespace

void ApplyServerSettings(grpc::ServerBuilder* builder, size_t max_nodes) {
  // No compression: a few compressed kilobytes could become gigabytes.
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder->SetResourceQuota(grpc::ResourceQuota("hub").Resize(kQuotaBytes + max_nodes * kQuotaBytesANode));
  // The same limits as those of the door's guard.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 16'384);
  builder->SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder->SetMaxSendMessageSize(-1);  // answers are bounded by the data that came in
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // Without this, a silent peer keeps its place for 120 s.
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  // The bandwidth probe costs a PING and a timer for every connection.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 128);
  // Finds peers whose host is gone; peers may ping as often as once a second. Longer than the period of heartbeats, so
  // that a node which sends them is not asked as well.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 45'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 900);
}

}  // namespace orch::hub

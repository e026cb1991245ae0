// A gRPC channel to a hub, opened as a peer opens it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "auth/peer_tls.h"
#include "base/clock.h"
#include "base/net/tunnel.h"
#include "base/random.h"

namespace orch {

struct Connection {
  std::unique_ptr<Tunnel> tunnel;  // outlives the channel's use
  std::shared_ptr<grpc::Channel> channel;
  std::string session;

  // Adds what calls over this connection must carry.
  void Prepare(grpc::ClientContext* context) const;
};

// Blocks until both sides have proved themselves, at most 20 s.
absl::StatusOr<Connection> ConnectTo(const std::string& hub, const auth::PeerTlsOptions& tls,
                                     auth::PeerCredential credential, const Clock* clock, Random* random);

}  // namespace orch

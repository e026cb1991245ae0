// The nodes' gRPC service: asks the reception who attaches, then gives the stream a link and a session. Owned by the
// hub; any thread.
#pragma once

#include "auth/keyring.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/node_service.grpc.pb.h"
#include "services/hub/door/reception.h"
#include "services/hub/nodes/node_session.h"

namespace orch::hub {

class NodeService final : public v1::NodeService::CallbackService {
 public:
  NodeService(Reception* reception, const auth::Keyring* keyring, NodeEvents* events, const Clock* clock,
              Random* random, Executor* executor, NodeSession::Options options)
      : reception_(reception),
        keyring_(keyring),
        events_(events),
        clock_(clock),
        random_(random),
        executor_(executor),
        options_(std::move(options)) {}

  grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* Attach(grpc::CallbackServerContext* context) override;

 private:
  Reception* const reception_;
  const auth::Keyring* const keyring_;
  NodeEvents* const events_;
  const Clock* const clock_;
  Random* const random_;
  Executor* const executor_;
  const NodeSession::Options options_;
};

}  // namespace orch::hub

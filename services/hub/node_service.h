// The nodes' door: verifies who attaches, then gives the stream a link and a session. Any thread.
#pragma once

#include "auth/call_credential.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/node_service.grpc.pb.h"
#include "services/hub/door/door.h"
#include "services/hub/nodes/node_session.h"

namespace orch::hub {

class NodeService final : public v1::NodeService::CallbackService {
 public:
  // `door` may be null (no TCP).
  NodeService(const auth::CallVerifier* verifier, Door* door, NodeEvents* events, const Clock* clock, Random* random,
              Executor* executor, NodeSession::Options options)
      : verifier_(verifier),
        door_(door),
        events_(events),
        clock_(clock),
        random_(random),
        executor_(executor),
        options_(std::move(options)) {}

  grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* Attach(grpc::CallbackServerContext* context) override;

 private:
  const auth::CallVerifier* const verifier_;
  Door* const door_;
  NodeEvents* const events_;
  const Clock* const clock_;
  Random* const random_;
  Executor* const executor_;
  const NodeSession::Options options_;
};

}  // namespace orch::hub

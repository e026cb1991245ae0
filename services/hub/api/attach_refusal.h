// gRPC's side of the nodes' service, which refuses: the streams of nodes never come to gRPC (services/hub/nodes/
// node_streams.h), so whoever attaches here is no node. Owned by the hub; any thread.
#pragma once

#include "orch/v1/node_service.grpc.pb.h"
#include "services/hub/door/reception.h"

namespace orch::hub {

class AttachRefusal final : public v1::NodeService::CallbackService {
 public:
  explicit AttachRefusal(Reception* reception) : reception_(reception) {}

  grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* Attach(grpc::CallbackServerContext* context) override;

 private:
  Reception* const reception_;
};

}  // namespace orch::hub

#include "services/hub/api/attach_refusal.h"

#include "services/hub/door/grpc_status.h"
#include "services/hub/nodes/node_streams.h"

namespace orch::hub {
namespace {

class RefusedAttach final : public grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage> {
 public:
  explicit RefusedAttach(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* AttachRefusal::Attach(grpc::CallbackServerContext* context) {
  const absl::StatusOr<Admission> admission =
      reception_->Admit(*context, auth::PeerKind::kNode, CallSort::kAttach, kAttachMethod);
  // Only a node with a certificate comes here, when it has made another call over this connection before.
  return new RefusedAttach(admission.ok() ? absl::UnimplementedError("a node attaches over a connection of its own")
                                          : admission.status());
}

}  // namespace orch::hub

#include "services/hub/api/node_service.h"

#include <memory>
#include <utility>

#include "filter/filter.h"
#include "services/hub/door/grpc_status.h"
#include "services/hub/nodes/node_link.h"

namespace orch::hub {
namespace {

constexpr char kAttachMethod[] = "/orch.v1.NodeService/Attach";

// A stream that is refused before it begins.
class RefusedAttach final : public grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage> {
 public:
  explicit RefusedAttach(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerBidiReactor<v1::NodeMessage, v1::HubMessage>* NodeService::Attach(grpc::CallbackServerContext* context) {
  absl::StatusOr<Admission> admission =
      reception_->Admit(*context, auth::PeerKind::kNode, CallSort::kAttach, kAttachMethod);
  if (!admission.ok()) return new RefusedAttach(admission.status());
  if (!filter::IsIdentity(admission->peer().name)) {
    return new RefusedAttach(absl::InvalidArgumentError(
        "the node's identity must be 1 to 255 characters of A-Z a-z 0-9 _ . -, not begin with -, and be neither . nor "
        "..; set identity in its configuration"));
  }
  const std::shared_ptr<NodeLink> link = NodeLink::Create(context, *std::move(admission), executor_);
  const Visitor& visitor = link->admission().visitor();
  link->Begin(
      std::make_unique<NodeSession>(visitor.peer, visitor.address, keyring_, link, events_, clock_, random_, options_));
  return link.get();
}

}  // namespace orch::hub

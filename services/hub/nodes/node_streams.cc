#include "services/hub/nodes/node_streams.h"

#include "base/status_macros.h"
#include "filter/filter.h"
#include "services/hub/nodes/node_link.h"

namespace orch::hub {

absl::StatusOr<std::shared_ptr<StreamReader>> NodeStreams::Open(const std::shared_ptr<Visitor>& visitor,
                                                                std::shared_ptr<StreamWriter> writer) {
  ORCH_ASSIGN_OR_RETURN(Admission admission,
                        reception_->Admit(visitor, auth::PeerKind::kNode, CallSort::kAttach, kAttachMethod));
  if (!filter::IsIdentity(visitor->peer.name)) {
    return absl::InvalidArgumentError(
        "the node's identity must be 1 to 255 characters of A-Z a-z 0-9 _ . -, not begin with -, and be neither . nor "
        "..; set identity in its configuration");
  }
  auto link = std::make_shared<NodeLink>(std::move(admission), std::move(writer), &inbox_, executor_);
  link->Begin(std::make_unique<NodeSession>(visitor->peer, visitor->address, keyring_, link, events_, clock_, random_,
                                            options_));
  return link;
}

}  // namespace orch::hub

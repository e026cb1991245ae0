#include "services/hub/door/standing_check.h"

#include <vector>

namespace orch::hub {
namespace {

auth::Refusal RefusalOf(const auth::Peer& peer, const absl::Status& standing) {
  if (peer.proof == auth::Proof::kCertificate) return auth::Refusal::kBadCertificate;
  return absl::IsPermissionDenied(standing) ? auth::Refusal::kBanned : auth::Refusal::kUnknownKey;
}

}  // namespace

void StandingCheck::Turn(absl::FunctionRef<void(Connection*, auth::Refusal, const absl::Status&)> lost) {
  if (requested_.exchange(false)) {
    const std::vector<uint64_t> ids = connections_->ids();
    to_check_.assign(ids.begin(), ids.end());
  }
  for (int i = 0; i < kChecksATurn && !to_check_.empty(); ++i) {
    Connection* const connection = connections_->Find(to_check_.front());
    to_check_.pop_front();
    if (connection == nullptr || connection->visitor == nullptr) continue;
    const auth::Peer& peer = connection->visitor->peer;
    if (const absl::Status standing = standing_(peer); !standing.ok())
      lost(connection, RefusalOf(peer, standing), standing);
  }
}

}  // namespace orch::hub

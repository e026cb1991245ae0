#include "services/hub/door/standing_check.h"

#include <vector>

namespace orch::hub {
namespace {

auth::Refusal RefusalOf(const auth::Peer& peer, const absl::Status& standing) {
  if (peer.proof == auth::Proof::kCertificate) return auth::Refusal::kBadCertificate;
  return auth::RefusalOfKey(standing);
}

}  // namespace

void StandingCheck::RequestEnded(int64_t now_us) {
  if (pending()) return;
  connections_->ForEach([&](const Connection* connection) {
    if (connection->visitor == nullptr) return;
    const int64_t end_us = connection->visitor->peer.key_expires_us;
    if (end_us != 0 && end_us <= now_us) to_check_.push_back(connection->id);
  });
}

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

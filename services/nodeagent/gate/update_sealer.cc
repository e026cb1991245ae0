#include "services/nodeagent/gate/update_sealer.h"

#include <utility>

#include "auth/message_mac.h"
#include "base/digest.h"

namespace orch::nodeagent {

void UpdateSealer::SetKey(auth::Key key) {
  auto next = std::make_shared<const auth::Key>(std::move(key));
  MutexLock lock(&mu_);
  key_.swap(next);
}

std::shared_ptr<const auth::Key> UpdateSealer::key() const {
  MutexLock lock(&mu_);
  return key_;
}

std::optional<v1::Envelope> UpdateSealer::Seal(const std::string& attempt_id, const v1::TaskUpdate& update) const {
  const std::shared_ptr<const auth::Key> held = key();
  if (held == nullptr) return std::nullopt;
  v1::Envelope envelope;
  envelope.set_direction(v1::Envelope::TO_HUB);
  envelope.set_kind(v1::Envelope::UPDATE);
  envelope.set_attempt_id(attempt_id);
  envelope.set_identity(identity_);
  envelope.set_body(update.SerializeAsString());
  auth::SealEnvelope(*held, Sha256(envelope.body()), clock_->Now(), auth::kMessageTtl, random_, &envelope);
  return envelope;
}

}  // namespace orch::nodeagent

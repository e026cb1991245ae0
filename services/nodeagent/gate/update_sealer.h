// Holds this node's key, and signs the updates that leave the gate. Owned by CommandGate; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/keyring.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

class UpdateSealer {
 public:
  UpdateSealer(std::string identity, const Clock* clock, Random* random)
      : identity_(std::move(identity)), clock_(clock), random_(random) {}

  void SetKey(auth::Key key);
  std::shared_ptr<const auth::Key> key() const;  // null before the first SetKey

  // Returns the signed envelope that carries `update`, or nullopt before the first SetKey.
  std::optional<v1::Envelope> Seal(const std::string& attempt_id, const v1::TaskUpdate& update) const;

 private:
  const std::string identity_;
  const Clock* const clock_;
  Random* const random_;
  mutable Mutex mu_;
  std::shared_ptr<const auth::Key> key_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::nodeagent

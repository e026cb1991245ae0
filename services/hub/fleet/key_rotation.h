// Replaces a pre-shared key without an outage: adds one, moves the connected nodes to it under their old keys, and
// removes the old one when nobody uses it. Owned by the hub; its loop only, except where said otherwise.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth/keyring.h"
#include "base/random.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/door/reception.h"
#include "services/hub/fleet/fleet.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class KeyRotation {
 public:
  static constexpr size_t kMaxLeftNamed = 100;

  KeyRotation(auth::Keyring* keyring, Fleet* fleet, const Registry* registry, const Reception* reception,
              Random* random)
      : keyring_(keyring), fleet_(fleet), registry_(registry), reception_(reception), random_(random) {}

  // InvalidArgument unless the request names a step and a kind of peers.
  static absl::Status CheckRequest(const v1::RotateKeysRequest& request);

  // Adds a PSK to the credentials file; new keys come from it. Writes the file: on any thread but the loop.
  absl::StatusOr<v1::RotateKeysResponse> Add(auth::PeerKind kind);
  // Sends every connected node with a derived key a key of the newest PSK, and tells who uses other ones.
  absl::StatusOr<v1::RotateKeysResponse> Move(auth::PeerKind kind);
  // Who still uses the key. FailedPrecondition if somebody does, unless forced; NotFound.
  absl::StatusOr<v1::RotateKeysResponse> CheckRetire(const v1::RotateKeysRequest& request);
  // Removes the PSK from the credentials file. Writes the file: on any thread but the loop.
  absl::Status Retire(auth::PeerKind kind, const std::string& key_id);

 private:
  std::string Newest(auth::PeerKind kind) const;
  // Counts and names the peers of that kind with a derived key of this id, or, with `others`, of another one.
  void CountUsers(auth::PeerKind kind, const std::string& key_id, bool others, v1::RotateKeysResponse* response) const;

  auth::Keyring* const keyring_;
  Fleet* const fleet_;
  const Registry* const registry_;
  const Reception* const reception_;
  Random* const random_;
};

auth::PeerKind KindOfRotation(const v1::RotateKeysRequest& request);

}  // namespace orch::hub

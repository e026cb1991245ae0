#include "services/hub/fleet/key_rotation.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/credentials_editor.h"
#include "auth/names.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr absl::string_view kOwnKeyPrefix = "own-";

// The first free of n2, n3, … or c2, c3, …
std::string FreeKeyId(auth::PeerKind kind, const std::vector<std::string>& taken) {
  for (size_t number = 2;; ++number) {
    std::string id = absl::StrCat(kind == auth::PeerKind::kNode ? "n" : "c", number);
    if (std::find(taken.begin(), taken.end(), id) == taken.end()) return id;
  }
}

}  // namespace

auth::PeerKind KindOfRotation(const v1::RotateKeysRequest& request) {
  return request.kind() == "node" ? auth::PeerKind::kNode : auth::PeerKind::kClient;
}

absl::Status KeyRotation::CheckRequest(const v1::RotateKeysRequest& request) {
  if (request.kind() != "node" && request.kind() != "client") {
    return absl::InvalidArgumentError("the kind of keys to rotate is node or client");
  }
  if (request.step() == v1::RotateKeysRequest::RETIRE && !auth::IsKeyId(request.key_id())) {
    return absl::InvalidArgumentError("name the key to retire; orchctl auth status lists the keys");
  }
  if (request.step() < v1::RotateKeysRequest::ADD || request.step() > v1::RotateKeysRequest::RETIRE) {
    return absl::InvalidArgumentError("the step of a rotation is add, move or retire");
  }
  return absl::OkStatus();
}

std::string KeyRotation::Newest(auth::PeerKind kind) const {
  for (const auth::Keyring::PskUse& psk : keyring_->psks()) {
    if (kind == auth::PeerKind::kNode ? psk.node : psk.client) return psk.id;
  }
  return "";
}

void KeyRotation::CountUsers(auth::PeerKind kind, const std::string& key_id, bool others,
                             v1::RotateKeysResponse* response) const {
  std::set<std::string> users;
  const auto uses = [&](absl::string_view id) {
    return !id.empty() && !absl::StartsWith(id, kOwnKeyPrefix) && (id == key_id) != others;
  };
  uint32_t unnamed = 0;
  if (kind == auth::PeerKind::kNode) {
    for (const auto& [id, use] : registry_->KeyUses()) {
      if (!uses(id)) continue;
      users.insert(use.names.begin(), use.names.end());
      unnamed += use.known - static_cast<uint32_t>(use.names.size());
    }
  } else {
    reception_->ForEachPeer([&](const auth::Peer& peer) {
      if (peer.client && uses(peer.key_id)) users.insert(peer.oidc ? peer.CallerId() : peer.name);
    });
  }
  response->set_left_count(static_cast<uint32_t>(users.size()) + unnamed);
  for (const std::string& name : users) {
    if (response->left_size() < static_cast<int>(kMaxLeftNamed)) response->add_left(name);
  }
}

absl::StatusOr<v1::RotateKeysResponse> KeyRotation::Add(auth::PeerKind kind) {
  v1::RotateKeysResponse response;
  response.set_key_id(FreeKeyId(kind, keyring_->key_ids()));
  ORCH_RETURN_IF_ERROR(
      auth::AddPsk(keyring_->path(), kind, auth::Key(response.key_id(), random_->Bytes(auth::kKeyBytes))));
  bool changed = false;
  ORCH_RETURN_IF_ERROR(keyring_->ReloadIfChanged(&changed));
  return response;
}

absl::StatusOr<v1::RotateKeysResponse> KeyRotation::Move(auth::PeerKind kind) {
  if (kind != auth::PeerKind::kNode) {
    return absl::FailedPreconditionError(
        "only nodes can be moved by the hub; give each client a new key: orch-hub key client NAME");
  }
  v1::RotateKeysResponse response;
  response.set_key_id(Newest(kind));
  uint32_t told = 0, moved = 0;
  absl::Status status;
  fleet_->ForEachSession([&](NodeSession* session) {
    const std::string& id = session->key().id;
    if (id == response.key_id()) ++moved;
    // A node with a whole PSK or a key of its own is not moved: the one would stay as it is, the other needs no PSK.
    if (!status.ok() || id == response.key_id() || absl::StartsWith(id, kOwnKeyPrefix) ||
        session->who().proof == auth::Proof::kPsk) {
      return;
    }
    absl::StatusOr<auth::Key> key = keyring_->NewKey(kind, session->identity());
    status = key.status();
    if (status.ok() && session->SendNewKey(*key)) ++told;
  });
  ORCH_RETURN_IF_ERROR(status);
  response.set_moved(moved);
  response.set_told(told);
  CountUsers(kind, response.key_id(), true, &response);
  return response;
}

absl::StatusOr<v1::RotateKeysResponse> KeyRotation::CheckRetire(const v1::RotateKeysRequest& request) {
  const auth::PeerKind kind = KindOfRotation(request);
  if (request.key_id() == Newest(kind) && !request.force()) {
    return absl::FailedPreconditionError(
        absl::StrCat(request.key_id(), " is the key that new keys of a ", auth::PeerKindName(kind),
                     " come from; retire an older one (orchctl auth status), or remove it all the same with --force"));
  }
  v1::RotateKeysResponse response;
  response.set_key_id(request.key_id());
  CountUsers(kind, request.key_id(), false, &response);
  if (response.left_count() == 0 || request.force()) return response;
  std::string some;
  for (int i = 0; i < std::min(response.left_size(), 5); ++i)
    absl::StrAppend(&some, i == 0 ? "" : ", ", response.left(i));
  return absl::FailedPreconditionError(absl::StrCat(
      response.left_count(), " ", auth::PeerKindName(kind), response.left_count() == 1 ? " uses" : "s use", " key ",
      request.key_id(), ": ", some, response.left_count() > 5 ? ", …" : "",
      "; move them first (orchctl auth rotate move), forget those that are gone, or cut them off with --force"));
}

absl::Status KeyRotation::Retire(auth::PeerKind kind, const std::string& key_id) {
  return auth::RemovePsk(keyring_->path(), kind, key_id);  // KeyReload notices it and cuts the peers that are left
}

}  // namespace orch::hub

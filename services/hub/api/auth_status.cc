#include "services/hub/api/auth_status.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"

namespace orch::hub {
namespace {

struct ClientUse {
  uint32_t connected = 0;
  std::set<std::string> names;
};

}  // namespace

void AuthStatus::Fill(v1::GetAuthStatusResponse* response) const {
  FillKeys(response);
  FillPeers(response);
  FillStored(response);
  response->set_node_psk(std::string(auth::PskPolicyName(tls_->node_psk())));
}

void AuthStatus::FillKeys(v1::GetAuthStatusResponse* response) const {
  std::map<std::string, ClientUse> clients;
  reception_->ForEachPeer([&](const auth::Peer& peer) {
    if (!peer.client || peer.key_id.empty()) return;
    ClientUse& use = clients[peer.key_id];
    ++use.connected;
    if (use.names.size() < kMaxUsersNamed) use.names.insert(peer.oidc ? peer.CallerId() : peer.name);
  });
  const std::map<std::string, Registry::KeyUse> nodes = registry_->KeyUses();
  for (const bool node : {true, false}) {
    bool first = true;
    for (const auth::Keyring::PskUse& psk : keyring_->psks()) {
      if (!(node ? psk.node : psk.client)) continue;
      v1::GetAuthStatusResponse::KeyUse* out = response->add_keys();
      out->set_kind(node ? "node" : "client");
      out->set_key_id(psk.id);
      out->set_first(std::exchange(first, false));
      if (const auto use = nodes.find(psk.id); node && use != nodes.end()) {
        out->set_connected(use->second.attached);
        out->set_known(use->second.known);
        out->mutable_names()->Assign(use->second.names.begin(), use->second.names.end());
      } else if (const auto client = clients.find(psk.id); !node && client != clients.end()) {
        out->set_connected(client->second.connected);
        out->mutable_names()->Assign(client->second.names.begin(), client->second.names.end());
      }
    }
  }
}

void AuthStatus::FillPeers(v1::GetAuthStatusResponse* response) const {
  std::set<std::string> whole;
  std::map<std::string, int64_t> expiring;
  const int64_t soon = absl::ToUnixMicros(clock_->Now() + kExpiresSoon);
  reception_->ForEachPeer([&](const auth::Peer& peer) {
    if (peer.proof == auth::Proof::kPsk) whole.insert(peer.CallerId());
    // A login is over within hours, and that is as it should be.
    if (peer.key_expires_us != 0 && peer.key_expires_us < soon && !peer.oidc) {
      expiring[peer.CallerId()] = peer.key_expires_us;
    }
  });
  for (const std::string& caller : whole) {
    if (response->whole_psk_size() < kMaxWholePsk) response->add_whole_psk(caller);
  }
  for (const auto& [caller, expires_us] : expiring) {
    if (response->expiring_size() >= kMaxListed) break;
    v1::GetAuthStatusResponse::Expiring* out = response->add_expiring();
    out->set_caller(caller);
    out->set_expires_us(expires_us);
  }
}

void AuthStatus::FillStored(v1::GetAuthStatusResponse* response) const {
  response->set_enrolled_nodes(static_cast<uint32_t>(desk_->keys().admitted()));
  for (const auto& [identity, entry] : desk_->keys().all()) {
    if (!entry.waiting.has_value() || response->waiting_size() >= kMaxListed) continue;
    v1::GetAuthStatusResponse::Waiting* out = response->add_waiting();
    out->set_identity(identity);
    out->set_since_us(entry.waiting->since_us);
    out->set_address(entry.waiting->address);
    out->set_token_id(entry.waiting->token_id);
    out->set_why(entry.why);
  }
  const int64_t now_us = absl::ToUnixMicros(clock_->Now());
  for (const auto& [name, login] : logins_->all()) {
    if (login.ended() || login.expires_us() <= now_us || response->logins_size() >= kMaxListed) continue;
    *response->add_logins() = login;
  }
  for (const auto& [id, ban] : desk_->bans().all()) {
    if (response->bans_size() < kMaxListed) *response->add_bans() = ban;
  }
  for (const std::string& id : keyring_->banned()) {
    if (response->bans_size() >= kMaxListed) break;
    const std::pair<std::string, std::string> kind_and_name = absl::StrSplit(id, absl::MaxSplits('/', 1));
    v1::GetAuthStatusResponse::Ban* out = response->add_bans();
    out->set_kind(kind_and_name.first);
    out->set_name(kind_and_name.second);
    out->set_by("credentials file");
  }
}

}  // namespace orch::hub

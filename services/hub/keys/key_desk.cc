#include "services/hub/keys/key_desk.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/names.h"
#include "auth/token.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

std::vector<std::string> ListOf(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

absl::Status CheckNames(auth::PeerKind kind, const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (names.empty() || names.size() > static_cast<int>(KeyDesk::kMaxNamesACall)) {
    return absl::InvalidArgumentError(absl::StrCat("name 1 to ", KeyDesk::kMaxNamesACall, " peers in one call"));
  }
  for (const std::string& name : names) {
    if (!auth::IsPeerName(kind, name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a name in the list cannot be that of ",
          kind == auth::PeerKind::kOidc ? "somebody who has logged in" : absl::StrCat("a ", auth::PeerKindName(kind))));
    }
  }
  return absl::OkStatus();
}

}  // namespace

KeyDesk::KeyDesk(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      tokens_(deps_.clock, deps_.random, deps_.view),
      keys_(deps_.view, deps_.max_nodes),
      bans_(deps_.view) {}

absl::Status KeyDesk::Load() {
  ORCH_RETURN_IF_ERROR(tokens_.Load(deps_.store));
  ORCH_RETURN_IF_ERROR(keys_.Load(deps_.store));
  return bans_.Load(deps_.store);
}

absl::Status KeyDesk::Note(const char* event, const char* decision, const std::string& caller, absl::string_view reason,
                           Json details) const {
  if (deps_.audit == nullptr) return absl::OkStatus();
  const absl::Status written = deps_.audit->Write({event, decision, caller, std::string(reason), std::move(details)});
  return deps_.audit->required() ? written : absl::OkStatus();
}

void KeyDesk::Commit(RecordChange change, Then then) {
  deps_.store->Apply(std::move(change), [alive = lifetime_.watch(), then = std::move(then)](absl::Status status) {
    if (!alive.ended()) then(std::move(status));
  });
}

void KeyDesk::Label(std::vector<std::pair<std::string, std::string>> tokens_by_node, Then then) {
  while (!tokens_by_node.empty()) {
    const auto [identity, token_id] = tokens_by_node.back();
    tokens_by_node.pop_back();
    const std::map<std::string, std::string> labels = LabelsOf(token_id);
    if (labels.empty() || deps_.set_labels == nullptr) continue;
    return deps_.set_labels(identity, labels,
                            [this, alive = lifetime_.watch(), rest = std::move(tokens_by_node),
                             then = std::move(then)](const absl::Status& status) mutable {
                              if (alive.ended()) return;
                              if (!status.ok()) return then(status);
                              Label(std::move(rest), std::move(then));
                            });
  }
  then(absl::OkStatus());
}

void KeyDesk::CreateToken(const v1::CreateTokenRequest& request, const std::string& caller,
                          Answer<v1::CreateTokenResponse> answer) {
  RecordChange change;
  absl::StatusOr<TokenTable::Made> made = tokens_.Make(request, caller, &change);
  absl::Status status = made.status();
  if (status.ok()) {
    status = Note("token.create", "changed", caller, "",
                  {{"token", made->token.id()},
                   {"name", made->token.name()},
                   {"pattern", made->token.pattern()},
                   {"uses", made->token.uses()},
                   {"expires_us", made->token.expires_us()}});
  }
  if (!status.ok()) return answer(status);
  Commit(std::move(change), [this, made = *std::move(made), answer = std::move(answer)](const absl::Status& stored) {
    if (!stored.ok()) return answer(stored);
    tokens_.Add(made);
    v1::CreateTokenResponse response;
    *response.mutable_token() = made.token;
    response.set_secret(made.secret);
    answer(std::move(response));
  });
}

void KeyDesk::RevokeToken(const std::string& id, const std::string& caller, Answer<v1::RevokeTokenResponse> answer) {
  RecordChange change;
  absl::Status status = tokens_.Revoke(id, &change);
  // The keys that wait because of it have no claim any more.
  std::vector<std::pair<std::string, NodeKeyEntry>> dropped;
  for (const auto& [identity, entry] : keys_.all()) {
    if (!entry.waiting.has_value() || entry.waiting->token_id != id || committing_.contains(identity)) continue;
    NodeKeyEntry without = entry;
    without.waiting.reset();
    NodeKeys::Record(identity, without, &change);
    dropped.emplace_back(identity, std::move(without));
  }
  if (status.ok()) status = Note("token.revoke", "changed", caller, "", {{"token", id}});
  if (!status.ok()) return answer(status);
  Commit(std::move(change),
         [this, id, dropped = std::move(dropped), answer = std::move(answer)](const absl::Status& stored) {
           if (!stored.ok()) return answer(stored);
           tokens_.Remove(id);
           for (const auto& [identity, entry] : dropped) keys_.Set(identity, entry);
           deps_.changed();
           answer(v1::RevokeTokenResponse());
         });
}

void KeyDesk::Approve(const v1::ApproveNodesRequest& request, const std::string& caller,
                      Answer<v1::ApproveNodesResponse> answer) {
  if (const absl::Status names = CheckNames(auth::PeerKind::kNode, request.identities()); !names.ok()) {
    return answer(names);
  }
  v1::ApproveNodesResponse response;
  RecordChange change;
  std::map<std::string, NodeKeyEntry> approved;
  for (const std::string& identity : request.identities()) {
    const NodeKeyEntry* entry = keys_.Find(identity);
    if (entry == nullptr || !entry->waiting.has_value() || committing_.contains(identity)) {
      response.add_not_waiting(identity);
      continue;
    }
    NodeKeyEntry next;
    next.admitted = entry->waiting;
    next.admitted->key.terms.generation = entry->admitted.has_value() ? entry->admitted->key.terms.generation + 1 : 1;
    if (approved.emplace(identity, next).second) NodeKeys::Record(identity, next, &change);
  }
  for (const auto& [identity, entry] : approved) response.add_approved(identity);
  if (approved.empty()) return answer(std::move(response));
  const absl::Status noted = Note("node.approve", "changed", caller, "", {{"nodes", ListOf(response.approved())}});
  if (!noted.ok()) return answer(noted);
  std::vector<std::pair<std::string, std::string>> tokens_by_node;
  for (const auto& [identity, entry] : approved) {
    committing_.insert(identity);
    tokens_by_node.emplace_back(identity, entry.admitted->token_id);
  }
  auto admitted = [this, approved = std::move(approved), response = std::move(response),
                   answer = std::move(answer)](const absl::Status& stored) {
    for (const auto& [identity, entry] : approved) {
      committing_.erase(identity);
      if (stored.ok()) keys_.Set(identity, entry);
    }
    if (!stored.ok()) return answer(stored);
    deps_.changed();
    answer(response);
  };
  auto shared = std::make_shared<RecordChange>(std::move(change));  // a std::function must be copyable
  Label(std::move(tokens_by_node), [this, shared, admitted = std::move(admitted)](const absl::Status& labelled) {
    if (!labelled.ok()) return admitted(labelled);
    Commit(std::move(*shared), admitted);
  });
}

void KeyDesk::Ban(const v1::BanPeersRequest& request, const std::string& caller, Answer<v1::BanPeersResponse> answer) {
  auth::PeerKind kind;
  if (!auth::ParsePeerKind(request.kind(), &kind) || !auth::CanBeBanned(kind)) {
    return answer(absl::InvalidArgumentError("the kind of peers to ban is node, client or oidc"));
  }
  if (const absl::Status names = CheckNames(kind, request.names()); !names.ok()) return answer(names);
  const bool banned = !request.end_ban();
  v1::BanPeersResponse response;
  RecordChange change;
  std::map<std::string, Bans::Ban> changed;
  for (const std::string& name : request.names()) {
    if (bans_.Has(kind, name) == banned) {
      response.add_unchanged(name);
      continue;
    }
    Bans::Ban ban;
    ban.set_kind(request.kind());
    ban.set_name(name);
    ban.set_by(caller);
    ban.set_since_us(NowUs());
    ban.set_reason(request.reason().substr(0, 1000));
    if (changed.emplace(name, ban).second) Bans::Record(ban, banned, &change);
  }
  if (banned && bans_.size() + changed.size() > Bans::kMaxBans) {
    return answer(absl::ResourceExhaustedError(absl::StrCat("the hub keeps at most ", Bans::kMaxBans, " bans")));
  }
  for (const auto& [name, ban] : changed) response.add_changed(name);
  if (changed.empty()) return answer(std::move(response));
  const absl::Status noted = Note(banned ? "peer.ban" : "peer.unban", "changed", caller, request.reason(),
                                  {{"kind", request.kind()}, {"names", ListOf(response.changed())}});
  if (!noted.ok()) return answer(noted);
  Commit(std::move(change), [this, banned, changed = std::move(changed), response = std::move(response),
                             answer = std::move(answer)](const absl::Status& stored) {
    if (!stored.ok()) return answer(stored);
    for (const auto& [name, ban] : changed) {
      bans_.Set(ban, banned);
      const bool is_login = ban.kind() == auth::PeerKindName(auth::PeerKind::kOidc);
      if (banned && is_login && deps_.end_login != nullptr) deps_.end_login(name);
    }
    deps_.changed();
    answer(response);
  });
}

absl::Status KeyDesk::NoteRotation(const v1::RotateKeysRequest& request, const std::string& caller) const {
  return Note("key.rotate", "changed", caller, "",
              {{"step", v1::RotateKeysRequest::Step_Name(request.step())},
               {"kind", request.kind()},
               {"key_id", request.key_id()},
               {"force", request.force()}});
}

void KeyDesk::ForgetNode(const std::string& identity) {
  if (keys_.Find(identity) == nullptr) return;
  RecordChange change;
  NodeKeys::Record(identity, NodeKeyEntry(), &change);
  keys_.Set(identity, NodeKeyEntry());
  deps_.store->Apply(std::move(change), [identity](const absl::Status& stored) {
    if (stored.ok()) return;
    LogError("the key of a forgotten node stays in the store",
             {{"node", identity}, {"reason", std::string(stored.message())}});
  });
  deps_.changed();
}

void KeyDesk::Tick() {
  if (deps_.clock->Steady() - swept_ < kSweepEvery) return;
  swept_ = deps_.clock->Steady();
  RecordChange change;
  tokens_.Expire(&change);
  const int64_t too_old = NowUs() - absl::ToInt64Microseconds(NodeKeys::kWaitingFor);
  std::vector<std::pair<std::string, NodeKeyEntry>> dropped;
  for (const auto& [identity, entry] : keys_.all()) {
    if (!entry.waiting.has_value() || entry.waiting->since_us > too_old || committing_.contains(identity)) continue;
    dropped.emplace_back(identity, entry);
    dropped.back().second.waiting.reset();
  }
  for (auto& [identity, entry] : dropped) {
    NodeKeys::Record(identity, entry, &change);
    keys_.Set(identity, std::move(entry));
  }
  // What the store does not take now is dropped again after the next start.
  if (!change.puts.empty() || !change.erases.empty()) deps_.store->Apply(std::move(change), nullptr);
}

}  // namespace orch::hub

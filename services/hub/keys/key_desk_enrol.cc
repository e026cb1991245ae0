// The enrolment of a node: KeyDesk::Enrol and what it needs.
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/names.h"
#include "auth/token.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "services/hub/keys/key_desk.h"

namespace orch::hub {
namespace {

bool IsKey(const std::optional<OwnKey>& own, const std::string& key_id, const std::string& secret) {
  return own.has_value() && own->key.id == key_id && ConstantTimeEquals(own->key.bytes, secret);
}

std::string WaitingNote(const std::string& identity) {
  return absl::StrCat("a node '", identity,
                      "' with another key is known already; an administrator must approve this one: ",
                      "orchctl node approve ", identity);
}

}  // namespace

absl::Status KeyDesk::CheckEnrol(const auth::Peer& peer, const v1::EnrolRequest& request) const {
  const std::string& identity = request.identity();
  if (!auth::IsPeerName(auth::PeerKind::kNode, identity)) {
    return absl::InvalidArgumentError("the identity must be letters, digits, '_', '.' and '-', at most 255");
  }
  if (request.secret().size() != auth::kKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the secret of a node must have ", auth::kKeyBytes, " bytes"));
  }
  if (deps_.view->IsBanned(auth::PeerKind::kNode, identity)) {
    return absl::PermissionDeniedError(absl::StrCat("node '", identity, "' is banned on this hub"));
  }
  if (peer.token) return tokens_.Check(peer.name, identity);
  if (peer.name == identity) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("the certificate is for '", peer.name, "', not for '", identity, "'"));
}

std::map<std::string, std::string> KeyDesk::LabelsOf(const std::string& token_id) const {
  const v1::Token* token = tokens_.Find(token_id);
  if (token == nullptr) return {};
  return {token->labels().begin(), token->labels().end()};
}

v1::EnrolResponse KeyDesk::EnrolAnswer(const std::string& identity, const std::string& key_id, bool admitted,
                                       const std::string& token_id) const {
  v1::EnrolResponse response;
  response.set_admitted(admitted);
  response.set_key_id(key_id);
  response.set_hub_identity(deps_.hub_identity);
  for (const auto& [name, value] : LabelsOf(token_id)) (*response.mutable_labels())[name] = value;
  if (!admitted) response.set_note(WaitingNote(identity));
  return response;
}

bool KeyDesk::AnswerRepeated(const v1::EnrolRequest& request, const std::string& key_id,
                             const Answer<v1::EnrolResponse>& answer) const {
  const NodeKeyEntry* entry = keys_.Find(request.identity());
  if (entry == nullptr) return false;
  for (const bool admitted : {true, false}) {
    const std::optional<OwnKey>& own = admitted ? entry->admitted : entry->waiting;
    if (!IsKey(own, key_id, request.secret())) continue;
    answer(EnrolAnswer(request.identity(), key_id, admitted, own->token_id));
    return true;
  }
  return false;
}

// A certificate authority vouches for the name, a token only for a node that is new.
absl::Status KeyDesk::PrepareEntry(const auth::Peer& peer, const std::string& address, const v1::EnrolRequest& request,
                                   NodeKeyEntry* entry) const {
  const std::string& identity = request.identity();
  if (const NodeKeyEntry* old = keys_.Find(identity); old != nullptr) *entry = *old;
  const bool waits = peer.token && (entry->admitted.has_value() || deps_.knows_node(identity));
  if (peer.token && entry->waiting.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat("another key for '", identity,
                                                      "' waits for approval already, from ", entry->waiting->address,
                                                      "; an administrator approves it (orchctl node approve ", identity,
                                                      ") or revokes its token ", entry->waiting->token_id));
  }
  ORCH_RETURN_IF_ERROR(keys_.CheckRoom(identity, waits));
  const std::string key_id = auth::OwnKeyId(request.secret());
  const uint32_t generation = entry->admitted.has_value() ? entry->admitted->key.terms.generation + 1 : 1;
  OwnKey own{auth::Key(key_id, request.secret(), {generation, 0}), NowUs(), address, peer.token ? peer.name : ""};
  if (waits) {
    entry->waiting = std::move(own);
    entry->why =
        entry->admitted.has_value() ? "the name has enrolled with another key" : "the name is known to the hub";
  } else {
    entry->admitted = std::move(own);
    entry->waiting.reset();
  }
  return absl::OkStatus();
}

void KeyDesk::Enrol(const auth::Peer& peer, const std::string& address, const v1::EnrolRequest& request,
                    Answer<v1::EnrolResponse> answer) {
  const std::string& identity = request.identity();  // what outlives this call copies it
  const std::string key_id = auth::OwnKeyId(request.secret());
  const Json about = {{"node", absl::CHexEscape(identity.substr(0, 255))}, {"address", address}, {"key_id", key_id}};
  const auto refuse = [&](const absl::Status& status) {
    (void)Note("node.enrol", "refused", peer.CallerId(), status.message(), about);
    LogWarning("node not enrolled",
               {{"by", peer.CallerId()}, {"peer", address}, {"reason", std::string(status.message())}});
    answer(status);
  };
  if (const absl::Status checked = CheckEnrol(peer, request); !checked.ok()) return refuse(checked);
  if (AnswerRepeated(request, key_id, answer)) return;
  if (committing_.contains(identity)) {
    return refuse(absl::UnavailableError(absl::StrCat("node '", identity, "' enrols at this moment; try again")));
  }
  NodeKeyEntry entry;
  if (const absl::Status prepared = PrepareEntry(peer, address, request, &entry); !prepared.ok()) {
    return refuse(prepared);
  }
  const bool waits = entry.waiting.has_value();
  const bool replaces = !waits && (keys_.Find(identity) != nullptr || deps_.knows_node(identity));
  if (peer.token) {
    if (const absl::Status taken = tokens_.TakeUse(peer.name); !taken.ok()) return refuse(taken);
  }
  if (const absl::Status noted = Note("node.enrol", waits ? "waiting" : "changed", peer.CallerId(), entry.why, about);
      !noted.ok()) {
    if (peer.token) tokens_.GiveBack(peer.name);
    return answer(noted);
  }
  committing_.insert(identity);
  // The key counts once it is on the disk, and the use of the token with it.
  const std::string token_id = peer.token ? peer.name : "";
  auto enrolled = [this, peer, identity, key_id, waits, replaces, token_id, entry,
                   answer = std::move(answer)](const absl::Status& stored) {
    committing_.erase(identity);
    if (!stored.ok()) {
      if (peer.token) tokens_.GiveBack(peer.name);
      return answer(stored);
    }
    keys_.Set(identity, entry);
    LogInfo(waits ? "a node waits for approval" : "node enrolled", {{"node", identity}, {"by", peer.CallerId()}});
    if (replaces) deps_.changed();
    answer(EnrolAnswer(identity, key_id, !waits, token_id));
  };
  auto admit = [this, identity, token_id, entry = std::move(entry),
                enrolled = std::move(enrolled)](const absl::Status& labelled) {
    if (!labelled.ok()) return enrolled(labelled);
    RecordChange change;
    NodeKeys::Record(identity, entry, &change);
    if (!token_id.empty()) tokens_.RecordUses(token_id, &change);
    Commit(std::move(change), enrolled);
  };
  if (waits) return admit(absl::OkStatus());  // its labels come with its approval
  Label({{identity, token_id}}, std::move(admit));
}

}  // namespace orch::hub

#include "services/hub/keys/node_keys.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/names.h"
#include "auth/token.h"
#include "base/json.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr char kNodeKeyKind[] = "node-key";

Json OwnKeyJson(const OwnKey& own) {
  return {{"key", absl::BytesToHexString(own.key.bytes)},
          {"generation", own.key.terms.generation},
          {"since_us", own.since_us},
          {"address", own.address},
          {"token", own.token_id}};
}

std::string TextMember(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t NumberMember(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

bool ReadOwnKey(const Json& object, const char* name, std::optional<OwnKey>* own) {
  const auto found = object.find(name);
  if (found == object.end()) return true;
  OwnKey read;
  if (!found->is_object() || !auth::DecodeHex(TextMember(*found, "key"), auth::kKeyBytes, &read.key.bytes))
    return false;
  read.key.id = auth::OwnKeyId(read.key.bytes);
  read.key.terms.generation = static_cast<uint32_t>(NumberMember(*found, "generation"));
  read.since_us = NumberMember(*found, "since_us");
  read.address = TextMember(*found, "address");
  read.token_id = TextMember(*found, "token");
  *own = std::move(read);
  return true;
}

}  // namespace

absl::Status NodeKeys::Load(RecordStore* store) {
  return store->Load(kNodeKeyKind, [this](const std::string& identity, const std::string& bytes) {
    NodeKeyEntry entry;
    const absl::StatusOr<Json> object = ParseJsonObject(bytes, "stored key");
    if (!object.ok() || !ReadOwnKey(*object, "admitted", &entry.admitted) ||
        !ReadOwnKey(*object, "waiting", &entry.waiting)) {
      // The key is not replaced by one from a PSK: with an empty admitted key no key counts until the node enrols anew.
      LogError("a stored key cannot be read; the node must enrol again", {{"node", absl::CHexEscape(identity)}});
      entry = NodeKeyEntry();
      entry.admitted = OwnKey();
      entry.admitted->key.id = "unreadable";
    }
    if (object.ok()) entry.why = TextMember(*object, "why");
    Set(identity, std::move(entry));
  });
}

const NodeKeyEntry* NodeKeys::Find(const std::string& identity) const {
  const auto found = entries_.find(identity);
  return found == entries_.end() ? nullptr : &found->second;
}

absl::Status NodeKeys::CheckRoom(const std::string& identity, bool waits) const {
  if (!entries_.contains(identity) && entries_.size() >= max_nodes_) {
    return absl::ResourceExhaustedError(absl::StrCat("the hub keeps keys of at most ", max_nodes_,
                                                     " nodes (limits.nodes); forget nodes that are gone"));
  }
  if (waits && waiting_ >= kMaxWaiting) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the keys of ", kMaxWaiting, " nodes wait for approval; approve some, or revoke the token"));
  }
  return absl::OkStatus();
}

void NodeKeys::Record(const std::string& identity, const NodeKeyEntry& entry, RecordChange* change) {
  if (entry.empty()) {
    change->erases.push_back({kNodeKeyKind, identity});
    return;
  }
  Json object = Json::object();
  if (entry.admitted.has_value()) object["admitted"] = OwnKeyJson(*entry.admitted);
  if (entry.waiting.has_value()) {
    object["waiting"] = OwnKeyJson(*entry.waiting);
    object["why"] = entry.why;
  }
  change->puts.push_back({{kNodeKeyKind, identity}, DumpJson(object)});
}

void NodeKeys::Set(const std::string& identity, NodeKeyEntry entry) {
  if (const NodeKeyEntry* old = Find(identity); old != nullptr) {
    admitted_ -= old->admitted.has_value() ? 1 : 0;
    waiting_ -= old->waiting.has_value() ? 1 : 0;
  }
  admitted_ += entry.admitted.has_value() ? 1 : 0;
  waiting_ += entry.waiting.has_value() ? 1 : 0;
  view_->SetNode(identity, {entry.admitted.has_value() ? entry.admitted->key : auth::Key(),
                            entry.waiting.has_value() ? entry.waiting->key.id : ""});
  if (entry.empty()) {
    entries_.erase(identity);
  } else {
    entries_[identity] = std::move(entry);
  }
}

}  // namespace orch::hub

// What a hub has stored of keys, tokens and bans, as a test says it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/key_source.h"

namespace orch::auth {

class FakeKeySource final : public KeySource {
 public:
  NodeKey FindNodeKey(absl::string_view name, absl::string_view key_id, std::string* bytes) const override {
    if (waiting.contains(absl::StrCat(name, "/", key_id))) return NodeKey::kWaiting;
    const auto found = nodes.find(std::string(name));
    if (found == nodes.end()) return NodeKey::kNone;
    if (found->second.id != key_id) return NodeKey::kOther;
    *bytes = found->second.bytes;
    return NodeKey::kAdmitted;
  }
  std::string FindToken(absl::string_view id) const override {
    const auto found = tokens.find(std::string(id));
    return found == tokens.end() ? "" : found->second;
  }
  bool IsBanned(PeerKind kind, absl::string_view name) const override {
    return banned.contains(absl::StrCat(PeerKindName(kind), "/", name));
  }

  bool FindLogin(absl::string_view name, Login* login) const override {
    const auto found = logins.find(std::string(name));
    if (found == logins.end()) return false;
    *login = found->second;
    return true;
  }

  std::map<std::string, Key> nodes;
  std::set<std::string> waiting;  // "NAME/KEY_ID"
  std::map<std::string, std::string> tokens;
  std::set<std::string> banned;  // "node/NAME"
  std::map<std::string, Login> logins;
};

}  // namespace orch::auth

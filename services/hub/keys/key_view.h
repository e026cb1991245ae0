// What the door needs to know of the stored keys, tokens, bans and logins: a copy that its thread may read while the
// hub's loop changes the originals. Owned by the hub. Thread-safe; its lock is a leaf. Stores nothing and decides
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "auth/key_source.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace orch::hub {

class KeyView final : public auth::KeySource {
 public:
  explicit KeyView(const Clock* clock) : clock_(clock) {}

  // The keys of one node; no id: there is no such key.
  struct Node {
    auth::Key admitted;
    std::string waiting_id;
  };
  void SetNode(const std::string& identity, Node node);
  void SetToken(const std::string& id, auth::Key key, int64_t expires_us);
  void EraseToken(const std::string& id);
  void SetBan(auth::PeerKind kind, absl::string_view name, bool banned);
  void SetLogin(const std::string& name, std::vector<std::string> groups, uint32_t lowest_generation);
  void EraseLogin(const std::string& name);

  NodeKey FindNodeKey(absl::string_view name, absl::string_view key_id, std::string* bytes) const override;
  std::string FindToken(absl::string_view id) const override;
  bool IsBanned(auth::PeerKind kind, absl::string_view name) const override;
  bool FindLogin(absl::string_view name, Login* login) const override;

 private:
  struct Token {
    auth::Key key;
    int64_t expires_us = 0;
  };

  const Clock* const clock_;
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, Node> nodes_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, Token> tokens_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> banned_ ABSL_GUARDED_BY(mu_);  // "node/NAME"
  absl::flat_hash_map<std::string, Login> logins_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::hub

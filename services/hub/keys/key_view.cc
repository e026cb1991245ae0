#include "services/hub/keys/key_view.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

std::string BanName(auth::PeerKind kind, absl::string_view name) {
  return absl::StrCat(auth::PeerKindName(kind), "/", name);
}

}  // namespace

void KeyView::SetNode(const std::string& identity, Node node) {
  MutexLock lock(&mu_);
  if (node.admitted.id.empty() && node.waiting_id.empty()) {
    nodes_.erase(identity);
  } else {
    nodes_[identity] = std::move(node);
  }
}

void KeyView::SetToken(const std::string& id, auth::Key key, int64_t expires_us) {
  MutexLock lock(&mu_);
  tokens_[id] = {std::move(key), expires_us};
}

void KeyView::EraseToken(const std::string& id) {
  MutexLock lock(&mu_);
  tokens_.erase(id);
}

void KeyView::SetBan(auth::PeerKind kind, absl::string_view name, bool banned) {
  MutexLock lock(&mu_);
  if (banned) {
    banned_.insert(BanName(kind, name));
  } else {
    banned_.erase(BanName(kind, name));
  }
}

void KeyView::SetLogin(const std::string& name, std::vector<std::string> groups, uint32_t lowest_generation) {
  MutexLock lock(&mu_);
  logins_[name] = {std::move(groups), lowest_generation};
}

void KeyView::EraseLogin(const std::string& name) {
  MutexLock lock(&mu_);
  logins_.erase(name);
}

auth::KeySource::NodeKey KeyView::FindNodeKey(absl::string_view name, absl::string_view key_id,
                                              std::string* bytes) const {
  MutexLock lock(&mu_);
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return NodeKey::kNone;
  const Node& node = found->second;
  if (!node.admitted.id.empty() && node.admitted.id == key_id) {
    *bytes = node.admitted.bytes;
    return NodeKey::kAdmitted;
  }
  if (!node.waiting_id.empty() && node.waiting_id == key_id) return NodeKey::kWaiting;
  return node.admitted.id.empty() ? NodeKey::kNone : NodeKey::kOther;
}

std::string KeyView::FindToken(absl::string_view id) const {
  const int64_t now_us = absl::ToUnixMicros(clock_->Now());
  MutexLock lock(&mu_);
  const auto found = tokens_.find(id);
  return found == tokens_.end() || found->second.expires_us <= now_us ? "" : found->second.key.bytes;
}

bool KeyView::FindLogin(absl::string_view name, Login* login) const {
  MutexLock lock(&mu_);
  const auto found = logins_.find(name);
  if (found == logins_.end()) return false;
  *login = found->second;
  return true;
}

bool KeyView::IsBanned(auth::PeerKind kind, absl::string_view name) const {
  MutexLock lock(&mu_);
  return banned_.contains(BanName(kind, name));
}

}  // namespace orch::hub

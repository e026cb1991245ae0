#include "services/hub/nodes/identity_conflicts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace orch::hub {
namespace {

// Each connection has a port of its own, so only the host can distinguish two agents.
std::string HostOf(absl::string_view peer) {
  const size_t colon = peer.rfind(':');
  if (colon == absl::string_view::npos || peer.find(':') == colon) return std::string(peer);
  return std::string(peer.substr(0, colon));
}

}  // namespace

IdentityConflicts::Verdict IdentityConflicts::OnReplaced(absl::string_view identity, absl::string_view old_peer,
                                                         absl::string_view new_peer) {
  auto found = entries_.find(identity);
  if (found == entries_.end()) {
    if (entries_.size() >= kMaxIdentities) Expire();
    if (entries_.size() >= kMaxIdentities) return Verdict::kNone;
    found = entries_.emplace(std::string(identity), Entry()).first;
    found->second.since = clock_->Now();
  }
  Entry& entry = found->second;
  for (const absl::string_view peer : {old_peer, new_peer}) {
    const std::string host = HostOf(peer);
    std::erase(entry.peers, host);
    entry.peers.push_back(host);
    if (entry.peers.size() > kMaxPeers) entry.peers.erase(entry.peers.begin());
  }
  entry.recent.push_back(clock_->Steady());
  if (entry.recent.size() > kConflictAfter) entry.recent.pop_front();
  entry.last = clock_->Now();
  ++entry.replacements;
  if (entry.in_conflict) return Verdict::kGoesOn;
  if (entry.recent.size() < kConflictAfter || entry.recent.back() - entry.recent.front() > kConflictWindow) {
    return Verdict::kNone;
  }
  entry.in_conflict = true;
  return Verdict::kBegins;
}

std::string IdentityConflicts::Text(absl::string_view identity) const {
  const auto found = entries_.find(identity);
  if (found == entries_.end() || !found->second.in_conflict) return "";
  const Entry& entry = found->second;
  return absl::StrCat("two agents use the identity ", identity, ", from ", absl::StrJoin(entry.peers, " and "),
                      ", and take the stream from each other (", entry.replacements,
                      " times); give one of them an identity of its own");
}

std::vector<v1::IdentityConflict> IdentityConflicts::List() const {
  std::vector<v1::IdentityConflict> conflicts;
  for (const auto& [identity, entry] : entries_) {
    if (!entry.in_conflict) continue;
    if (conflicts.size() == kMaxListed) break;
    v1::IdentityConflict& conflict = conflicts.emplace_back();
    conflict.set_identity(identity);
    for (const std::string& peer : entry.peers) conflict.add_peers(peer);
    conflict.set_since_us(absl::ToUnixMicros(entry.since));
    conflict.set_last_us(absl::ToUnixMicros(entry.last));
    conflict.set_replacements(entry.replacements);
  }
  return conflicts;
}

std::vector<std::string> IdentityConflicts::Expire() {
  std::vector<std::string> over;
  const absl::Duration now = clock_->Steady();
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const absl::Duration keep = entry->second.in_conflict ? kConflictOver : kConflictWindow;
    if (now - entry->second.recent.back() <= keep) {
      ++entry;
      continue;
    }
    if (entry->second.in_conflict) over.push_back(entry->first);
    entry = entries_.erase(entry);
  }
  return over;
}

}  // namespace orch::hub

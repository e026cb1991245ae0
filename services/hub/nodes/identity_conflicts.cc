#include "services/hub/nodes/identity_conflicts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace orch::hub {
namespace {

// Each connection has a port of its own, so of an address only the host can distinguish two agents.
std::string HostOf(absl::string_view peer) {
  const size_t colon = peer.rfind(':');
  return std::string(colon == absl::string_view::npos ? peer : peer.substr(0, colon));
}

std::string AgentName(const IdentityConflicts::Agent& agent) {
  return agent.instance.empty() ? HostOf(agent.peer) : agent.instance;
}

// Puts `name` at the end of `names`, once; the oldest make room.
void Remember(std::string name, size_t limit, std::vector<std::string>* names) {
  std::erase(*names, name);
  names->push_back(std::move(name));
  if (names->size() > limit) names->erase(names->begin());
}

}  // namespace

bool IdentityConflicts::IsSame(const Agent& one, const Agent& other) { return AgentName(one) == AgentName(other); }

bool IdentityConflicts::FromAnotherHost(absl::string_view old_peer, absl::string_view new_peer) {
  return HostOf(old_peer) != HostOf(new_peer);
}

IdentityConflicts::Verdict IdentityConflicts::OnReplaced(absl::string_view identity, const Agent& before,
                                                         const Agent& now) {
  auto found = entries_.find(identity);
  if (found == entries_.end()) {
    if (entries_.size() >= kMaxIdentities) Expire();
    if (entries_.size() >= kMaxIdentities) return Verdict::kNone;
    found = entries_.emplace(std::string(identity), Entry()).first;
    found->second.since = clock_->Now();
  }
  Entry& entry = found->second;
  for (const Agent* const agent : {&before, &now}) Remember(HostOf(agent->peer), kMaxPeers, &entry.peers);
  const bool returns = std::erase(entry.losers, AgentName(now)) > 0;
  Remember(AgentName(before), kMaxAgents, &entry.losers);
  entry.last_replaced = clock_->Steady();
  entry.last = clock_->Now();
  ++entry.replacements;
  if (entry.in_conflict) {
    ++entry.doublings;
    return Verdict::kGoesOn;
  }
  if (!returns) return Verdict::kNone;
  entry.returns.push_back(entry.last_replaced);
  if (entry.returns.size() > kConflictAfter) entry.returns.pop_front();
  if (entry.returns.size() < kConflictAfter || entry.returns.back() - entry.returns.front() > kConflictWindow) {
    return Verdict::kNone;
  }
  entry.in_conflict = true;
  return Verdict::kBegins;
}

absl::Duration IdentityConflicts::Pace(absl::string_view identity) const {
  const auto found = entries_.find(identity);
  if (found == entries_.end() || !found->second.in_conflict) return absl::ZeroDuration();
  absl::Duration pace = kPace;
  for (uint32_t i = 0; i < found->second.doublings && pace < kMaxPace; ++i) pace *= 2;
  return std::min(pace, kMaxPace);
}

absl::Duration IdentityConflicts::WaitToReplace(absl::string_view identity) const {
  const absl::Duration pace = Pace(identity);
  if (pace == absl::ZeroDuration()) return pace;
  return std::max(absl::ZeroDuration(), entries_.find(identity)->second.last_replaced + pace - clock_->Steady());
}

std::string IdentityConflicts::Text(absl::string_view identity) const {
  const auto found = entries_.find(identity);
  if (found == entries_.end() || !found->second.in_conflict) return "";
  const Entry& entry = found->second;
  return absl::StrCat("two agents use the identity ", identity, ", from ", absl::StrJoin(entry.peers, " and "),
                      ", and take the stream from each other (", entry.replacements,
                      " times); give one of them an identity of its own. Until then the stream stays with one of "
                      "them for ",
                      absl::FormatDuration(Pace(identity)), " at a time");
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
    if (now - entry->second.last_replaced <= keep) {
      ++entry;
      continue;
    }
    if (entry->second.in_conflict) over.push_back(entry->first);
    entry = entries_.erase(entry);
  }
  return over;
}

}  // namespace orch::hub

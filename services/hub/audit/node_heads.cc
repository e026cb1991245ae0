#include "services/hub/audit/node_heads.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/audit/audit_cursor.h"
#include "base/log.h"

namespace orch::hub {
namespace {

constexpr char kPoolName[] = "hub:audit";

}  // namespace

std::map<std::string, bool> FindHeads(const std::string& path, const std::map<std::string, auth::AuditHead>& heads) {
  std::map<std::string, bool> found;
  std::multimap<uint64_t, const std::pair<const std::string, auth::AuditHead>*> by_seq;
  for (const auto& head : heads) by_seq.emplace(head.second.seq, &head);
  if (by_seq.empty()) return found;
  // Starts in the file that holds the oldest of them.
  auto cursor = auth::AuditCursor::Open(path, by_seq.begin()->first - 1);
  if (!cursor.ok()) {
    LogWarning("heads of nodes cannot be compared with the audit log",
               {{"why", std::string(cursor.status().message())}});
    return found;
  }
  uint64_t first = 0;
  while (true) {
    const auto line = (*cursor)->Next();
    if (!line.ok() || !line->has_value()) break;
    const uint64_t seq = (*cursor)->seq();
    if (first == 0) first = seq;
    const auto [begin, end] = by_seq.equal_range(seq);
    if (begin == end) continue;
    const absl::StatusOr<auth::AuditLink> link = auth::ReadAuditLink(**line);
    for (auto head = begin; head != end; ++head) {
      bool& agrees = found[head->second->first];
      agrees = agrees || (link.ok() && link->hash == head->second->second.hash);
    }
  }
  // A number that should be there and is not.
  for (const auto& [seq, head] : by_seq) {
    if (first != 0 && seq >= first) found.emplace(head->first, false);
  }
  return found;
}

v1::AuditHead NodeHeads::Newest() const {
  v1::AuditHead newest;
  if (log_ == nullptr) return newest;
  auth::AuditHead head = log_->synced_head();
  newest.set_seq(head.seq);
  if (head.seq != 0) newest.set_hash(std::move(head.hash));
  return newest;
}

void NodeHeads::OnRemembered(const std::string& identity, const v1::AuditHead& remembered) {
  if (log_ == nullptr || remembered.seq() == 0) return;
  const auth::AuditHead head = {remembered.seq(), remembered.hash()};
  switch (log_->Check(head)) {
    case auth::AuditLog::Memory::kAgrees:
      return Settle(identity, head, true);
    case auth::AuditLog::Memory::kDiffers:
      return Settle(identity, head, false);
    case auth::AuditLog::Memory::kNotRecent:
      break;
  }
  if (waiting_.size() < kMaxNodes) waiting_[identity] = head;
  if (passing_.empty()) StartPass();
}

void NodeHeads::StartPass() {
  auto place = pool_->Enter(kPoolName);
  if (!place.ok()) return;  // the next node that registers, or the next tick, tries again
  passing_ = std::exchange(waiting_, Heads());
  pool_->Run(*place, [this, loop = loop_, alive = lifetime_.watch(), path = log_->path(), heads = passing_] {
    std::map<std::string, bool> agree = FindHeads(path, heads);
    loop->Post([this, alive, agree = std::move(agree)] {
      if (!alive.ended()) OnPassed(agree);
    });
  });
}

void NodeHeads::OnPassed(const std::map<std::string, bool>& agree) {
  const Heads passed = std::exchange(passing_, Heads());
  for (const auto& [identity, agrees] : agree) Settle(identity, passed.at(identity), agrees);
  if (!waiting_.empty()) StartPass();
}

void NodeHeads::Settle(const std::string& identity, const auth::AuditHead& head, bool agrees) {
  if (agrees_.size() < kMaxNodes || agrees_.count(identity) > 0) agrees_[identity] = agrees;
  if (agrees) return;
  if (clock_->Steady() >= window_end_) {
    window_end_ = clock_->Steady() + kAlarmWindow;
    alarms_ = 0;
  }
  if (++alarms_ > kMaxAlarms) {
    ++further_;
    return;
  }
  alarm_(identity, absl::StrCat("record ", head.seq, " of the audit log, which node ", identity,
                                " remembers, is not in the log of this hub: the log was changed or cut, or the hub was "
                                "restored from a backup"));
}

void NodeHeads::Tick() {
  if (!waiting_.empty() && passing_.empty()) StartPass();
  if (further_ == 0 || clock_->Steady() < window_end_) return;
  alarm_("", absl::StrCat(std::exchange(further_, 0),
                          " further nodes remember records of the audit log that are not in the log of this hub"));
}

void NodeHeads::Fill(v1::VerifyAuditResponse* response) const {
  uint32_t agree = 0;
  for (const auto& [identity, agrees] : agrees_) {
    agree += agrees ? 1 : 0;
    if (!agrees && response->heads_differ_size() < kMaxListed) response->add_heads_differ(identity);
  }
  response->set_heads_agree(agree);
}

}  // namespace orch::hub

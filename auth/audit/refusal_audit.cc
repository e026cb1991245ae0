#include "auth/audit/refusal_audit.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace orch::auth {
namespace {

std::string Short(absl::string_view text) { return absl::CHexEscape(text.substr(0, RefusalAudit::kMaxTextBytes)); }

}  // namespace

void RefusalAudit::Note(const Refused& refused) {
  MutexLock lock(&mu_);
  if (entries_.empty() && rest_ == 0) window_end_ = clock_->Steady() + window_;
  const auto key = std::make_pair(std::string(refused.network), std::string(refused.reason));
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= kMaxEntries) {
      ++rest_;
      return;
    }
    found = entries_
                .emplace(key, Entry{0, Short(refused.address), Short(refused.name), Short(refused.at),
                                    Short(refused.detail)})
                .first;
  }
  ++found->second.count;
}

void RefusalAudit::Flush(bool all) {
  Entries entries;
  uint64_t rest = 0;
  {
    MutexLock lock(&mu_);
    if (!all && clock_->Steady() < window_end_) return;
    entries.swap(entries_);
    rest = std::exchange(rest_, 0);
    window_ = rest > 0 ? std::min(window_ * 2, kMaxWindow) : kWindow;
  }
  for (const auto& [key, entry] : entries) {
    Json details = {{"network", key.first}, {"address", entry.address}, {"at", entry.at}, {"count", entry.count}};
    if (!entry.name.empty()) details["name"] = entry.name;
    if (!entry.detail.empty()) details["detail"] = entry.detail;
    // A record that cannot be written is counted by the log.
    sink_->Write({event_, "refused", "", key.second, std::move(details)}).IgnoreError();
  }
  if (rest == 0) return;
  sink_->Write({event_, "refused", "", "refusals from further networks", {{"network", "others"}, {"count", rest}}})
      .IgnoreError();
}

}  // namespace orch::auth

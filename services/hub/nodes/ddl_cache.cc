#include "services/hub/nodes/ddl_cache.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/log.h"

namespace orch::hub {

DdlCache::Entry* DdlCache::Put(const PluginAnnouncement& plugin) {
  const auto found = by_hash_.find(plugin.sha256);
  if (found != by_hash_.end()) return found->second.get();
  if (by_hash_.size() >= kMaxDdls) DropUnused();
  if (by_hash_.size() >= kMaxDdls) return nullptr;
  auto entry = std::make_unique<Entry>();
  entry->name = plugin.name;
  entry->version = plugin.version;
  entry->sha256 = plugin.sha256;
  Entry* const made = entry.get();
  by_name_[entry->name].push_back(made);
  by_hash_.emplace(plugin.sha256, std::move(entry));
  return made;
}

void DdlCache::DropUnused() {
  for (auto it = by_hash_.begin(); it != by_hash_.end();) {
    Entry* const entry = it->second.get();
    if (entry->nodes > 0) {
      ++it;
      continue;
    }
    const auto named = by_name_.find(entry->name);
    std::erase(named->second, entry);
    if (named->second.empty()) by_name_.erase(named);
    if (entry->plugin != nullptr) text_bytes_ -= entry->plugin->json.size();
    by_hash_.erase(it++);
  }
}

void DdlCache::Know(const std::vector<PluginAnnouncement>& plugins) {
  for (const PluginAnnouncement& plugin : plugins) Put(plugin);
}

void DdlCache::Announce(const std::vector<PluginAnnouncement>& plugins) {
  for (const PluginAnnouncement& plugin : plugins) {
    if (Entry* const entry = Put(plugin)) {
      ++entry->nodes;
    } else {
      LogWarning("DDL left out: too many different ones", {{"plugin", plugin.name}});
    }
  }
}

void DdlCache::Withdraw(const std::vector<PluginAnnouncement>& plugins) {
  for (const PluginAnnouncement& plugin : plugins) {
    const auto found = by_hash_.find(plugin.sha256);
    if (found != by_hash_.end() && found->second->nodes > 0) --found->second->nodes;
  }
}

std::vector<std::string> DdlCache::Wanted(const std::vector<PluginAnnouncement>& plugins) {
  std::vector<std::string> wanted;
  const absl::Duration now = clock_->Steady();
  for (const PluginAnnouncement& plugin : plugins) {
    const auto found = by_hash_.find(plugin.sha256);
    if (found == by_hash_.end()) continue;
    Entry& entry = *found->second;
    if (entry.plugin != nullptr || !entry.problem.empty() || now - entry.asked_at < kAskAgainAfter) continue;
    entry.asked_at = now;
    wanted.push_back(entry.sha256);
  }
  return wanted;
}

bool DdlCache::HasOverdue() const {
  const absl::Duration now = clock_->Steady();
  return std::any_of(by_hash_.begin(), by_hash_.end(), [now](const auto& item) {
    const Entry& entry = *item.second;
    return entry.nodes > 0 && entry.plugin == nullptr && entry.problem.empty() &&
           now - entry.asked_at >= kAskAgainAfter;
  });
}

absl::Status DdlCache::Learn(absl::string_view json) {
  if (json.size() > ddl::kMaxDdlBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a DDL of ", json.size(), " bytes; at most ", ddl::kMaxDdlBytes, " are taken"));
  }
  const std::string sha256 = Sha256(json);
  const auto found = by_hash_.find(sha256);
  if (found == by_hash_.end()) {
    return absl::InvalidArgumentError(
        "a DDL came whose SHA-256 no node announces; its text differs from what was hashed");
  }
  Entry& entry = *found->second;
  if (entry.plugin != nullptr || !entry.problem.empty()) return absl::OkStatus();
  auto plugin = ddl::LoadPlugin(json, absl::StrCat(entry.name, ".json"));
  if (!plugin.ok()) {
    entry.problem = std::string(plugin.status().message());
  } else if ((*plugin)->name != entry.name) {
    entry.problem = absl::StrCat("the DDL names plugin ", (*plugin)->name);
  } else if (text_bytes_ + json.size() > kMaxDdlTextBytes) {
    entry.problem = "the hub holds too many different DDLs";
  } else {
    entry.plugin = *std::move(plugin);
    text_bytes_ += json.size();
  }
  if (!entry.problem.empty()) LogWarning("DDL refused", {{"plugin", entry.name}, {"reason", entry.problem}});
  Wake(sha256);
  return absl::OkStatus();
}

const DdlCache::Entry* DdlCache::Find(absl::string_view sha256) const {
  const auto found = by_hash_.find(sha256);
  return found == by_hash_.end() ? nullptr : found->second.get();
}

std::vector<const DdlCache::Entry*> DdlCache::Named(absl::string_view name) const {
  std::vector<const Entry*> entries;
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return entries;
  for (const Entry* entry : found->second) {
    if (entry->nodes > 0) entries.push_back(entry);
  }
  if (entries.empty()) entries.assign(found->second.begin(), found->second.end());
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) {
    return std::tie(b->nodes, a->sha256) < std::tie(a->nodes, b->sha256);
  });
  return entries;
}

std::vector<const DdlCache::Entry*> DdlCache::All() const {
  std::vector<const Entry*> entries;
  for (const auto& [name, named] : by_name_) {
    const size_t first = entries.size();
    for (const Entry* entry : named) {
      if (entry->nodes > 0) entries.push_back(entry);
    }
    std::sort(entries.begin() + first, entries.end(), [](const Entry* a, const Entry* b) {
      return std::tie(a->version, a->sha256) < std::tie(b->version, b->sha256);
    });
  }
  return entries;
}

std::vector<std::string> DdlCache::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, entries] : by_name_) names.push_back(name);
  return names;
}

bool DdlCache::Await(absl::string_view sha256, absl::Duration limit, Task then) {
  if (waiters_.size() >= kMaxWaiters) return false;
  const auto place = waiters_.emplace(std::string(sha256), Waiter{0, std::make_shared<Task>(std::move(then))});
  place->second.timer = executor_->PostAfter(limit, [this, place] {
    const std::shared_ptr<Task> late = place->second.then;
    waiters_.erase(place);
    (*late)();
  });
  return true;
}

void DdlCache::Wake(const std::string& sha256) {
  auto [first, last] = waiters_.equal_range(sha256);
  while (first != last) {
    if (executor_->Cancel(first->second.timer)) {
      executor_->Post([then = first->second.then] { (*then)(); });
      first = waiters_.erase(first);
    } else {
      ++first;  // its timer is about to run
    }
  }
}

}  // namespace orch::hub

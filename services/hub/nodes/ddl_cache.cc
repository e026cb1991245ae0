#include "services/hub/nodes/ddl_cache.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

bool Contains(const std::vector<PluginAnnouncement>& plugins, const PluginAnnouncement& wanted) {
  return std::any_of(plugins.begin(), plugins.end(), [&wanted](const PluginAnnouncement& plugin) {
    return plugin.name == wanted.name && plugin.sha256 == wanted.sha256;
  });
}

}  // namespace

DdlCache::Entry* DdlCache::FindMutable(absl::string_view name, absl::string_view sha256) const {
  const auto text = texts_.find(sha256);
  if (text == texts_.end()) return nullptr;
  for (Entry* const entry : text->second.entries)
    if (entry->name == name) return entry;
  return nullptr;
}

const DdlCache::Entry* DdlCache::Find(absl::string_view name, absl::string_view sha256) const {
  return FindMutable(name, sha256);
}

DdlCache::Entry* DdlCache::Put(const PluginAnnouncement& plugin) {
  if (Entry* const known = FindMutable(plugin.name, plugin.sha256)) return known;
  if (entries_ >= kMaxDdls) DropUnused();
  if (entries_ >= kMaxDdls) return nullptr;
  auto entry = std::make_unique<Entry>();
  entry->name = plugin.name;
  entry->version = plugin.version;
  entry->sha256 = plugin.sha256;
  Entry* const made = entry.get();
  ++entries_;
  by_name_[plugin.name].entries.push_back(std::move(entry));
  Text& text = texts_[plugin.sha256];
  text.entries.push_back(made);
  if (text.settled()) Settle(made, text);
  return made;
}

void DdlCache::Settle(Entry* entry, const Text& text) {
  if (text.plugin == nullptr) {
    entry->problem = text.problem;
  } else if (text.plugin->name != entry->name) {
    entry->problem = absl::StrCat("the DDL it announces is that of plugin ", text.plugin->name);
  } else {
    entry->plugin = text.plugin;
    NoteSensitive(*entry, &by_name_.find(entry->name)->second);
  }
  if (!entry->problem.empty()) LogWarning("DDL refused", {{"plugin", entry->name}, {"reason", entry->problem}});
}

void DdlCache::NoteSensitive(const Entry& entry, OfName* named) {
  if (entry.plugin == nullptr) return;
  for (const auto& [name, action] : entry.plugin->actions) {
    for (const ddl::Input& input : action.inputs)
      if (input.sensitive) named->sensitive[name].insert(input.name);
  }
}

std::set<std::string> DdlCache::SensitiveInputs(absl::string_view name, absl::string_view action) const {
  const auto named = by_name_.find(name);
  if (named == by_name_.end()) return {};
  const auto found = named->second.sensitive.find(action);
  return found == named->second.sensitive.end() ? std::set<std::string>() : found->second;
}

void DdlCache::DropUnused() {
  for (auto it = by_name_.begin(); it != by_name_.end();) {
    OfName& named = it->second;
    const auto unused = [this](const std::unique_ptr<Entry>& entry) {
      if (entry->nodes > 0) return false;
      ForgetText(entry.get());
      --entries_;
      return true;
    };
    named.entries.erase(std::remove_if(named.entries.begin(), named.entries.end(), unused), named.entries.end());
    named.sensitive.clear();
    for (const auto& entry : named.entries) NoteSensitive(*entry, &named);
    it = named.entries.empty() ? by_name_.erase(it) : std::next(it);
  }
}

void DdlCache::ForgetText(Entry* entry) {
  const auto text = texts_.find(entry->sha256);
  std::erase(text->second.entries, entry);
  if (!text->second.entries.empty()) return;
  if (text->second.plugin != nullptr) text_bytes_ -= text->second.plugin->json.size();
  texts_.erase(text);
}

void DdlCache::Know(const std::vector<PluginAnnouncement>& plugins) {
  for (const PluginAnnouncement& plugin : plugins) Put(plugin);
}

bool DdlCache::HasText(absl::string_view sha256) const {
  const auto text = texts_.find(sha256);
  return text != texts_.end() && text->second.plugin != nullptr;
}

void DdlCache::Announce(Slot slot, const std::vector<PluginAnnouncement>& before,
                        const std::vector<PluginAnnouncement>& plugins) {
  for (const PluginAnnouncement& plugin : plugins) {
    Entry* const entry = Put(plugin);
    if (entry == nullptr) {
      LogWarning("DDL left out: too many different ones", {{"plugin", plugin.name}});
    } else if (!entry->announcers.contains(slot)) {
      entry->announcers.Insert(slot);
      ++entry->nodes;
    }
  }
  std::vector<PluginAnnouncement> gone;
  for (const PluginAnnouncement& plugin : before)
    if (!Contains(plugins, plugin)) gone.push_back(plugin);
  Withdraw(slot, gone);
}

void DdlCache::Withdraw(Slot slot, const std::vector<PluginAnnouncement>& plugins) {
  for (const PluginAnnouncement& plugin : plugins) {
    Entry* const entry = FindMutable(plugin.name, plugin.sha256);
    if (entry == nullptr || !entry->announcers.contains(slot)) continue;
    entry->announcers.Erase(slot);
    --entry->nodes;
  }
}

std::vector<std::string> DdlCache::Wanted(Slot slot, const std::vector<PluginAnnouncement>& plugins) {
  std::vector<std::string> wanted;
  const absl::Duration now = clock_->Steady();
  for (const PluginAnnouncement& plugin : plugins) {
    const auto found = texts_.find(plugin.sha256);
    if (found == texts_.end()) continue;
    Text& text = found->second;
    if (text.settled() || now - text.asked_at < kAskAgainAfter) continue;
    text.asked_at = now;
    text.asked_of = slot;
    wanted.push_back(plugin.sha256);
  }
  return wanted;
}

std::vector<std::pair<Slot, std::string>> DdlCache::TakeOverdue() {
  std::vector<std::pair<Slot, std::string>> overdue;
  const absl::Duration now = clock_->Steady();
  for (auto& [sha256, text] : texts_) {
    if (text.settled() || now - text.asked_at < kAskAgainAfter) continue;
    const Slot next = NextAnnouncer(text);
    if (next == kNoSlot) continue;
    text.asked_at = now;
    text.asked_of = next;
    overdue.emplace_back(next, sha256);
  }
  return overdue;
}

// The next announcer after the one that was asked last; after the last one comes the first.
Slot DdlCache::NextAnnouncer(const Text& text) {
  const Slot from = text.asked_of == kNoSlot ? 0 : text.asked_of + 1;
  Slot next = kNoSlot, first = kNoSlot;
  for (const Entry* entry : text.entries) {
    next = std::min(next, entry->announcers.FirstFrom(from));
    first = std::min(first, entry->announcers.FirstFrom(0));
  }
  return next == kNoSlot ? first : next;
}

absl::Status DdlCache::Learn(absl::string_view json) {
  if (json.size() > ddl::kMaxDdlBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a DDL of ", json.size(), " bytes; at most ", ddl::kMaxDdlBytes, " are taken"));
  }
  const std::string sha256 = Sha256(json);
  const auto found = texts_.find(sha256);
  if (found == texts_.end()) {
    return absl::InvalidArgumentError(
        "a DDL came whose SHA-256 no node announces; its text differs from what was hashed");
  }
  Text& text = found->second;
  if (text.settled()) return absl::OkStatus();
  auto plugin = ddl::LoadPlugin(json, absl::StrCat(text.entries.front()->name, ".json"));
  if (!plugin.ok()) {
    text.problem = std::string(plugin.status().message());
  } else if (text_bytes_ + json.size() > kMaxDdlTextBytes) {
    text.problem = "the hub holds too many different DDLs";
  } else {
    text.plugin = *std::move(plugin);
    text_bytes_ += json.size();
  }
  for (Entry* const entry : text.entries) Settle(entry, text);
  waiters_.Wake(sha256);
  return absl::OkStatus();
}

std::vector<const DdlCache::Entry*> DdlCache::Named(absl::string_view name) const {
  std::vector<const Entry*> entries;
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return entries;
  for (const auto& entry : found->second.entries) {
    if (entry->nodes > 0) entries.push_back(entry.get());
  }
  if (entries.empty()) {
    for (const auto& entry : found->second.entries) entries.push_back(entry.get());
  }
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) {
    return std::tie(b->nodes, a->sha256) < std::tie(a->nodes, b->sha256);
  });
  return entries;
}

std::vector<const DdlCache::Entry*> DdlCache::All() const {
  std::vector<const Entry*> entries;
  for (const auto& [name, named] : by_name_) {
    const size_t first = entries.size();
    for (const auto& entry : named.entries) {
      if (entry->nodes > 0) entries.push_back(entry.get());
    }
    std::sort(entries.begin() + first, entries.end(), [](const Entry* a, const Entry* b) {
      return std::tie(a->version, a->sha256) < std::tie(b->version, b->sha256);
    });
  }
  return entries;
}

std::vector<std::string> DdlCache::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, named] : by_name_) names.push_back(name);
  return names;
}

absl::Status DdlCache::NoSuchPlugin(absl::string_view name) const {
  const std::vector<std::string> names = Names();
  if (names.empty()) {
    return absl::NotFoundError(absl::StrCat("no node has plugin ", name, ": no node has announced any plugin yet"));
  }
  const std::string nearest = NearestWord(name, names);
  return absl::NotFoundError(absl::StrCat("no node has plugin ", name,
                                          nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"),
                                          " (orchctl plugin list shows all)"));
}

absl::Status DdlCache::CheckText(const Entry& entry) {
  if (!entry.problem.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("plugin ", entry.name, ": its DDL cannot be used: ", entry.problem));
  }
  if (entry.plugin != nullptr) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the DDL of plugin ", entry.name, " has not come from its nodes yet; try again shortly"));
}

absl::StatusOr<std::vector<const DdlCache::Entry*>> DdlCache::Usable(absl::string_view name) const {
  std::vector<const Entry*> entries = Named(name);
  if (entries.empty()) return NoSuchPlugin(name);
  ORCH_RETURN_IF_ERROR(CheckText(*entries.front()));
  return entries;
}

void DdlCache::Require(const std::string& name, absl::Duration limit, Required then) {
  const absl::StatusOr<std::vector<const Entry*>> entries = Usable(name);
  if (!absl::IsUnavailable(entries.status())) return then(entries);
  const auto shared = std::make_shared<Required>(std::move(then));
  const std::string awaited = Named(name).front()->sha256;
  if (!waiters_.Add(awaited, limit, [this, name, shared] { (*shared)(Usable(name)); })) (*shared)(entries);
}

}  // namespace orch::hub

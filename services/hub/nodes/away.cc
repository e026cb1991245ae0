#include "services/hub/nodes/away.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"

namespace orch::hub {
namespace {

std::string ShortName(absl::string_view lower) { return std::string(lower.substr(0, lower.find('.'))); }

// "web1" and "web1.example.net" are one host; so are two spellings of a name, but not two domains.
bool MayBeMeant(absl::string_view asked, absl::string_view known) {
  if (asked == known) return true;
  const bool one_is_short = asked.find('.') == absl::string_view::npos || known.find('.') == absl::string_view::npos;
  return one_is_short && ShortName(asked) == ShortName(known);
}

}  // namespace

v1::AwayNodes FindAway(const TargetQuery& query, const Registry& registry, const std::string& plugin,
                       const std::vector<Slot>& chosen) {
  v1::AwayNodes away;
  if (registry.facts().size() == registry.attached().size()) return away;
  if (query.limit > 0 && chosen.size() >= query.limit) return away;
  TargetQuery all = query;
  all.limit = all.limit_percent = 0;
  ChooseOptions options;
  options.plugin = plugin;
  options.only_disconnected = true;
  SlotSet targets(registry.facts().slots());
  for (const Slot slot : chosen) targets.Insert(slot);
  std::vector<const NodeRecord*> missed;
  for (const Slot slot : Choose(all, registry, options).nodes) {
    if (!targets.contains(slot)) missed.push_back(&registry.At(slot));
  }
  const size_t named = std::min(missed.size(), kMaxAwayNamed);
  std::partial_sort(missed.begin(), missed.begin() + static_cast<std::ptrdiff_t>(named), missed.end(),
                    [](const NodeRecord* a, const NodeRecord* b) { return a->identity < b->identity; });
  away.set_count(static_cast<uint32_t>(missed.size()));
  for (size_t i = 0; i < named; ++i) away.add_identities(missed[i]->identity);
  if (!registry.NodesMayReturn()) return away;
  away.set_returning(static_cast<uint32_t>(
      std::count_if(missed.begin(), missed.end(), [](const NodeRecord* record) { return record->returning; })));
  return away;
}

std::vector<v1::Suggestion> SuggestIdentities(const std::vector<std::string>& unknown, const Registry& registry) {
  std::vector<v1::Suggestion> suggestions;
  if (unknown.empty()) return suggestions;
  absl::flat_hash_map<std::string, std::vector<std::string>> asked;  // by short name in lower case
  for (size_t i = 0; i < std::min(unknown.size(), kMaxSuggestions); ++i) {
    asked[ShortName(absl::AsciiStrToLower(unknown[i]))].push_back(unknown[i]);
  }
  absl::flat_hash_map<std::string, std::vector<std::string>> found;  // by the name asked for
  registry.facts().live().ForEach([&](Slot slot) {
    const std::string& identity = registry.At(slot).identity;
    const std::string lower = absl::AsciiStrToLower(identity);
    const auto names = asked.find(ShortName(lower));
    if (names == asked.end()) return;
    for (const std::string& name : names->second) {
      if (MayBeMeant(absl::AsciiStrToLower(name), lower)) found[name].push_back(identity);
    }
  });
  for (size_t i = 0; i < std::min(unknown.size(), kMaxSuggestions); ++i) {
    const auto fits = found.find(unknown[i]);
    if (fits == found.end() || fits->second.size() != 1) continue;
    v1::Suggestion& suggestion = suggestions.emplace_back();
    suggestion.set_name(unknown[i]);
    suggestion.set_identity(fits->second.front());
  }
  return suggestions;
}

}  // namespace orch::hub

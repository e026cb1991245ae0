#include "services/hub/nodes/away.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "base/status_macros.h"

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

absl::StatusOr<v1::AwayNodes> FindAway(const TargetQuery& query, const FleetSnapshot& fleet, const std::string& plugin,
                                       const std::vector<Slot>& chosen, StepBudget* budget) {
  v1::AwayNodes away;
  const FactSnapshot& facts = fleet.facts;
  if (facts.live().size() == fleet.attached.size()) return away;
  if (query.limit > 0 && chosen.size() >= query.limit) return away;
  TargetQuery all = query;
  all.limit = all.limit_percent = 0;
  ChooseOptions options;
  options.plugin = plugin;
  options.only_disconnected = true;
  SlotSet targets(facts.names().slots());
  for (const Slot slot : chosen) targets.Insert(slot);
  ORCH_ASSIGN_OR_RETURN(const Chosen others, Choose(all, fleet, options, budget));
  std::vector<Slot> missed;
  for (const Slot slot : others.nodes) {
    if (targets.contains(slot)) continue;
    missed.push_back(slot);
    if (fleet.returning.contains(slot)) away.set_returning(away.returning() + 1);
  }
  const size_t named = std::min(missed.size(), kMaxAwayNamed);
  const NodeNames& names = facts.names();
  std::partial_sort(missed.begin(), missed.begin() + static_cast<std::ptrdiff_t>(named), missed.end(),
                    [&names](Slot a, Slot b) { return names.identity(a) < names.identity(b); });
  away.set_count(static_cast<uint32_t>(missed.size()));
  for (size_t i = 0; i < named; ++i) away.add_identities(names.identity(missed[i]));
  return away;
}

std::vector<v1::Suggestion> SuggestIdentities(const std::vector<std::string>& unknown, const NodeNames& all,
                                              const SlotSet& live) {
  std::vector<v1::Suggestion> suggestions;
  if (unknown.empty()) return suggestions;
  absl::flat_hash_map<std::string, std::vector<std::string>> asked;  // by short name in lower case
  for (size_t i = 0; i < std::min(unknown.size(), kMaxSuggestions); ++i) {
    asked[ShortName(absl::AsciiStrToLower(unknown[i]))].push_back(unknown[i]);
  }
  absl::flat_hash_map<std::string, std::vector<std::string>> found;  // by the name asked for
  live.ForEach([&](Slot slot) {
    const std::string& identity = all.identity(slot);
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

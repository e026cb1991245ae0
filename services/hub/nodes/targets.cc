#include "services/hub/nodes/targets.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/wire.h"

namespace orch::hub {
namespace {

absl::Status CheckIdentities(const v1::Target& target) {
  if (!target.has_identities() && target.identities_size() > 0) {
    return absl::InvalidArgumentError("target.identities is set but target.has_identities is not; set it");
  }
  if (target.has_identities() && target.identities_size() == 0) {
    return absl::InvalidArgumentError("the list of nodes is empty; name at least one node, or give no list at all");
  }
  if (target.identities_size() > kMaxTargetIdentities) {
    return absl::InvalidArgumentError(absl::StrCat("the list of nodes has ", target.identities_size(),
                                                   " entries; at most ", kMaxTargetIdentities, " are taken"));
  }
  for (const std::string& identity : target.identities()) {
    if (!filter::IsIdentity(identity)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", identity.substr(0, 255), "' in the list of nodes is no identity; it may hold A-Z a-z 0-9 _ . -"));
    }
  }
  return absl::OkStatus();
}

// Names the target is restricted to, those of the list and of plain -I options.
SlotSet NamedSlots(const std::vector<std::string>& names, const Registry& registry, std::vector<std::string>* unknown) {
  SlotSet slots(registry.facts().slots());
  for (const std::string& name : names) {
    const Slot slot = registry.facts().Find(name);
    if (slot == kNoSlot) {
      unknown->push_back(name);
    } else {
      slots.Insert(slot);
    }
  }
  return slots;
}

void SortUnique(std::vector<std::string>* names) {
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
}

size_t LimitOf(const TargetQuery& query, size_t count) {
  if (query.limit > 0) return std::min<size_t>(query.limit, count);
  if (query.limit_percent > 0 && count > 0) return std::max<size_t>(1, count * query.limit_percent / 100);
  return count;
}

void ApplyLimit(const TargetQuery& query, std::vector<Slot>* nodes) {
  const size_t limit = LimitOf(query, nodes->size());
  if (limit == nodes->size()) return;
  if (query.limit_random) {
    std::mt19937_64 generator(query.limit_seed);
    for (size_t i = 0; i < limit; ++i) {
      std::swap((*nodes)[i], (*nodes)[i + generator() % (nodes->size() - i)]);
    }
  }
  nodes->resize(limit);
}

}  // namespace

absl::StatusOr<TargetQuery> ParseTarget(const v1::Target& target, Random* random) {
  ORCH_RETURN_IF_ERROR(CheckIdentities(target));
  if (target.filter().options_size() > kMaxFilterOptions) {
    return absl::InvalidArgumentError(absl::StrCat("the filter has ", target.filter().options_size(),
                                                   " options; at most ", kMaxFilterOptions, " are taken"));
  }
  TargetQuery query;
  ORCH_ASSIGN_OR_RETURN(query.filter, filter::FromWire(target.filter()));
  if (target.limit() > 0 && target.limit_percent() > 0) {
    return absl::InvalidArgumentError("target.limit and target.limit_percent are both set; give one of them");
  }
  if (target.limit_percent() > 100) {
    return absl::InvalidArgumentError("target.limit_percent must be 1 to 100, or 0 for no limit");
  }
  query.identities.assign(target.identities().begin(), target.identities().end());
  query.has_identities = target.has_identities();
  query.collective = target.collective();
  query.limit = target.limit();
  query.limit_percent = target.limit_percent();
  query.limit_random = target.limit_random();
  query.limit_seed = target.limit_seed() != 0 || !target.limit_random() ? target.limit_seed() : random->Uint64();
  return query;
}

Chosen Choose(const TargetQuery& query, const Registry& registry, const ChooseOptions& options) {
  Chosen chosen;
  const FactTable& facts = registry.facts();
  SlotSet within = options.include_disconnected || options.only_disconnected ? facts.live() : registry.attached();
  if (options.only_disconnected) within.Subtract(registry.attached());
  const bool named = query.has_identities || !query.filter.literal_identities().empty();
  SlotSet literal = NamedSlots(query.filter.literal_identities(), registry, &chosen.unknown);
  SlotSet listed = NamedSlots(query.identities, registry, &chosen.unknown);
  SortUnique(&chosen.unknown);
  if (options.named_disconnected) {
    within.Union(literal);
    within.Union(listed);
  }
  if (query.has_identities) within.Intersect(listed);
  if (!query.collective.empty()) within.Intersect(facts.InCollective(query.collective));
  if (!options.plugin.empty()) {
    const std::vector<filter::Option> has_plugin = {{filter::OptionKind::kPlugin, options.plugin}};
    const auto plugin = filter::Filter::Parse(has_plugin);
    // A node asked for by name stays: it says itself that it has no such plugin.
    SlotSet by_name = literal;
    by_name.Union(listed);
    by_name.Intersect(within);
    within = plugin.ok() ? facts.Select(*plugin, &within).nodes : SlotSet();
    within.Union(by_name);
  }
  FactTable::Selection selection = facts.Select(query.filter, &within);
  chosen.ask_nodes = selection.ask_nodes;
  chosen.nodes = selection.nodes.ToVector();
  const bool limited = LimitOf(query, chosen.nodes.size()) < chosen.nodes.size();
  if (options.sorted || limited) {
    std::sort(chosen.nodes.begin(), chosen.nodes.end(),
              [&registry](Slot a, Slot b) { return registry.At(a).identity < registry.At(b).identity; });
  }
  ApplyLimit(query, &chosen.nodes);
  if (options.sorted && limited && query.limit_random) {
    std::sort(chosen.nodes.begin(), chosen.nodes.end(),
              [&registry](Slot a, Slot b) { return registry.At(a).identity < registry.At(b).identity; });
  }
  if (named && options.named_disconnected) {
    for (const Slot slot : chosen.nodes) {
      if (registry.At(slot).channel == nullptr) chosen.disconnected.push_back(registry.At(slot).identity);
    }
    std::sort(chosen.disconnected.begin(), chosen.disconnected.end());
  }
  return chosen;
}

bool Fits(const TargetQuery& query, const Registry& registry, Slot slot) {
  SlotSet one;
  one.Insert(slot);
  if (query.has_identities && std::find(query.identities.begin(), query.identities.end(), registry.At(slot).identity) ==
                                  query.identities.end()) {
    return false;
  }
  if (!query.collective.empty()) one.Intersect(registry.facts().InCollective(query.collective));
  return !registry.facts().Select(query.filter, &one).nodes.empty();
}

}  // namespace orch::hub

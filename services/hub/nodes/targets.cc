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
          "'", identity.substr(0, 255),
          "' in the list of nodes is no identity; it may hold A-Z a-z 0-9 _ . -, and does not begin with -"));
    }
  }
  return absl::OkStatus();
}

// The names to which the target is restricted: those of the list and of plain -I options.
SlotSet NamedSlots(const std::vector<std::string>& names, const FactSnapshot& facts, const SlotSet& visible,
                   std::vector<std::string>* unknown) {
  SlotSet slots(facts.names().slots());
  for (const std::string& name : names) {
    const Slot slot = facts.names().Find(name);
    if (slot == kNoSlot || !visible.contains(slot)) {
      unknown->push_back(name);
    } else {
      slots.Insert(slot);
    }
  }
  return slots;
}

void SortByIdentity(const FactSnapshot& facts, std::vector<Slot>* nodes) {
  const NodeNames& names = facts.names();
  std::sort(nodes->begin(), nodes->end(), [&names](Slot a, Slot b) { return names.identity(a) < names.identity(b); });
}

// A node that is asked for by name remains a target: it reports itself that it does not have the plugin.
absl::Status KeepThoseWithPlugin(const std::string& plugin, const FactSnapshot& facts, SlotSet by_name,
                                 StepBudget* budget, SlotSet* within) {
  const std::vector<filter::Option> has_plugin = {{filter::OptionKind::kPlugin, plugin}};
  const auto filter = filter::Filter::Parse(has_plugin);
  by_name.Intersect(*within);
  SlotSet kept;
  if (filter.ok()) {
    ORCH_ASSIGN_OR_RETURN(FactSnapshot::Selection having, facts.Select(*filter, budget, within));
    kept = std::move(having.nodes);
  }
  kept.Union(by_name);
  *within = std::move(kept);
  return absl::OkStatus();
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

// Of the nodes, those that the query's caller may see.
absl::StatusOr<SlotSet> VisibleOf(const TargetQuery& query, const FactSnapshot& facts, const SlotSet& nodes,
                                  StepBudget* budget) {
  if (query.visible == nullptr) return nodes;
  return query.visible->Select(facts, nodes, budget);
}

}  // namespace

void Restrict(std::shared_ptr<const Visibility> visible, TargetQuery* query) {
  if (visible != nullptr) visible->AddColumns(&query->columns);
  query->visible = std::move(visible);
}

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
  query.columns.AddFilter(query.filter);
  ORCH_RETURN_IF_ERROR(query.columns.Check());
  query.identities.assign(target.identities().begin(), target.identities().end());
  query.has_identities = target.has_identities();
  query.collective = target.collective();
  query.limit = target.limit();
  query.limit_percent = target.limit_percent();
  query.limit_random = target.limit_random();
  query.limit_seed = target.limit_seed() != 0 || !target.limit_random() ? target.limit_seed() : random->Uint64();
  return query;
}

MayDecline WhenMayDecline(const TargetQuery& query) {
  if (query.filter.has_data_functions()) return MayDecline::kAlways;
  const std::vector<filter::Option>& options = query.filter.options();
  const bool names_only = std::all_of(options.begin(), options.end(), [](const filter::Option& option) {
    return option.kind == filter::OptionKind::kIdentity;
  });
  return names_only && query.collective.empty() ? MayDecline::kNever : MayDecline::kAfterAChange;
}

absl::StatusOr<Chosen> Choose(const TargetQuery& query, const FleetSnapshot& fleet, const ChooseOptions& options,
                              StepBudget* budget) {
  Chosen chosen;
  const FactSnapshot& facts = fleet.facts;
  ORCH_ASSIGN_OR_RETURN(chosen.visible, VisibleOf(query, facts, facts.live(), budget));
  SlotSet within = options.include_disconnected || options.only_disconnected ? facts.live() : fleet.attached;
  if (options.only_disconnected) within.Subtract(fleet.attached);
  within.Intersect(chosen.visible);
  const bool named = query.has_identities || !query.filter.literal_identities().empty();
  SlotSet by_name = NamedSlots(query.filter.literal_identities(), facts, chosen.visible, &chosen.unknown);
  const SlotSet listed = NamedSlots(query.identities, facts, chosen.visible, &chosen.unknown);
  SortUnique(&chosen.unknown);
  by_name.Union(listed);
  if (options.named_disconnected) within.Union(by_name);
  if (query.has_identities) within.Intersect(listed);
  if (!query.collective.empty()) {
    ORCH_ASSIGN_OR_RETURN(const SlotSet members, facts.InCollective(query.collective, budget));
    within.Intersect(members);
  }
  if (!options.plugin.empty()) {
    ORCH_RETURN_IF_ERROR(KeepThoseWithPlugin(options.plugin, facts, by_name, budget, &within));
  }
  ORCH_ASSIGN_OR_RETURN(const FactSnapshot::Selection selection, facts.Select(query.filter, budget, &within));
  chosen.ask_nodes = selection.ask_nodes;
  chosen.nodes = selection.nodes.ToVector();
  const bool limited = LimitOf(query, chosen.nodes.size()) < chosen.nodes.size();
  if (options.sorted || limited) SortByIdentity(facts, &chosen.nodes);
  ApplyLimit(query, &chosen.nodes);
  if (options.sorted && limited && query.limit_random) SortByIdentity(facts, &chosen.nodes);
  if (named && options.named_disconnected) {
    for (const Slot slot : chosen.nodes) {
      if (!fleet.attached.contains(slot)) chosen.disconnected.push_back(facts.names().identity(slot));
    }
    std::sort(chosen.disconnected.begin(), chosen.disconnected.end());
  }
  return chosen;
}

absl::StatusOr<SlotSet> Matching(const TargetQuery& query, const FleetSnapshot& fleet, const SlotSet& nodes,
                                 StepBudget* budget) {
  const FactSnapshot& facts = fleet.facts;
  ORCH_ASSIGN_OR_RETURN(SlotSet within, VisibleOf(query, facts, nodes, budget));
  if (query.has_identities) {
    std::vector<std::string> unknown;
    within.Intersect(NamedSlots(query.identities, facts, within, &unknown));
  }
  if (!query.collective.empty()) {
    ORCH_ASSIGN_OR_RETURN(const SlotSet members, facts.InCollective(query.collective, budget));
    within.Intersect(members);
  }
  ORCH_ASSIGN_OR_RETURN(FactSnapshot::Selection selection, facts.Select(query.filter, budget, &within));
  return std::move(selection.nodes);
}

}  // namespace orch::hub

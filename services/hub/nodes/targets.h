// Chooses the nodes of a request's Target. Parsing and choosing may take long; both are pure and run off the hub's loop
// (WorkPool), over a snapshot of the fleet.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "filter/filter.h"
#include "orch/v1/fleet.pb.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/visibility.h"

namespace orch::hub {

inline constexpr int kMaxTargetIdentities = 65'536;
inline constexpr int kMaxFilterOptions = 256;

struct TargetQuery {
  filter::Filter filter;
  ColumnNames columns;  // the columns that choosing reads
  std::vector<std::string> identities;
  bool has_identities = false;
  std::string collective;
  uint32_t limit = 0;
  uint32_t limit_percent = 0;
  bool limit_random = false;
  uint64_t limit_seed = 0;
  std::shared_ptr<const Visibility> visible;  // null: every node; all others are as if they were unknown
};
// Restricts the query to what the caller may see. `visible` may be null.
void Restrict(std::shared_ptr<const Visibility> visible, TargetQuery* query);

// When a node may decide, against the hub, that it is no target (FILTERED).
enum class MayDecline {
  kNever,         // the request gives names, about which the hub knows everything
  kAfterAChange,  // facts, classes, plugins, collectives: after the node has reported a change
  kAlways,        // data functions, which only nodes can call
};
MayDecline WhenMayDecline(const TargetQuery& query);

// InvalidArgument names the part and the remedy. Draws a seed when one is needed and none is given.
absl::StatusOr<TargetQuery> ParseTarget(const v1::Target& target, Random* random);

struct ChooseOptions {
  std::string plugin;                 // only nodes that have this plugin; empty: all nodes
  bool include_disconnected = false;  // also nodes without a stream
  bool only_disconnected = false;     // nodes without a stream, in place of attached nodes
  bool named_disconnected = false;    // also nodes without a stream that the target names
  bool sorted = false;                // by identity; done in any case where a limit needs it
};

struct Chosen {
  std::vector<Slot> nodes;
  bool ask_nodes = false;                 // the filter has data functions: the nodes decide themselves
  std::vector<std::string> unknown;       // identities that are named and not known
  std::vector<std::string> disconnected;  // identities that are named, chosen and without a stream
  SlotSet visible;                        // all nodes that the caller may see
};

// The snapshot must contain the query's columns. When the budget is spent, returns its status, here and below.
absl::StatusOr<Chosen> Choose(const TargetQuery& query, const FleetSnapshot& fleet, const ChooseOptions& options,
                              StepBudget* budget);
// Those of `nodes` that match the target, without regard to limits and presence.
absl::StatusOr<SlotSet> Matching(const TargetQuery& query, const FleetSnapshot& fleet, const SlotSet& nodes,
                                 StepBudget* budget);

}  // namespace orch::hub

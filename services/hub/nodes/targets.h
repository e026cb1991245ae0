// From a request's Target to nodes. Parsing and choosing may take long and are pure: they run off the
// hub's loop (WorkPool), over a snapshot of the fleet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "filter/filter.h"
#include "orch/v1/fleet.pb.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

inline constexpr int kMaxTargetIdentities = 65'536;
inline constexpr int kMaxFilterOptions = 256;

struct TargetQuery {
  filter::Filter filter;
  ColumnNames columns;  // those that choosing reads
  std::vector<std::string> identities;
  bool has_identities = false;
  std::string collective;
  uint32_t limit = 0;
  uint32_t limit_percent = 0;
  bool limit_random = false;
  uint64_t limit_seed = 0;
};

// When a node may know better than the hub that it is no target (FILTERED).
enum class MayDecline {
  kNever,         // the hub knows all that was asked for: names
  kAfterAChange,  // facts, classes, plugins, collectives: once the node has said that they changed
  kAlways,        // data functions, which nodes alone can call
};
MayDecline WhenMayDecline(const TargetQuery& query);

// InvalidArgument names the part and the remedy. A seed that is needed and not given is drawn.
absl::StatusOr<TargetQuery> ParseTarget(const v1::Target& target, Random* random);

struct ChooseOptions {
  std::string plugin;                 // only nodes that have it; empty: any
  bool include_disconnected = false;  // all known nodes
  bool only_disconnected = false;     // known nodes without a stream, in place of attached ones
  bool named_disconnected = false;    // known nodes the target names, attached or not
  bool sorted = false;                // by identity; done anyway where a limit needs it
};

struct Chosen {
  std::vector<Slot> nodes;
  bool ask_nodes = false;                 // data functions: nodes decide themselves
  std::vector<std::string> unknown;       // named, never seen
  std::vector<std::string> disconnected;  // named, among `nodes`, without a stream
};

// The query's columns must have been frozen. The budget's status when it is spent; so below.
absl::StatusOr<Chosen> Choose(const TargetQuery& query, const FleetSnapshot& fleet, const ChooseOptions& options,
                              StepBudget* budget);
// Which of `nodes` are in the target, limits and presence aside.
absl::StatusOr<SlotSet> Matching(const TargetQuery& query, const FleetSnapshot& fleet, const SlotSet& nodes,
                                 StepBudget* budget);

}  // namespace orch::hub

// Says which nodes a request does not reach, and which nodes may have been meant. Pure functions; off the hub's loop.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orch/v1/fleet.pb.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

inline constexpr size_t kMaxAwayNamed = 1000;  // identities in one AwayNodes
inline constexpr size_t kMaxSuggestions = 10;  // in one answer

// The known nodes without a stream that match the query, without regard to limits, and that are not among `chosen`.
// There are none when a limit is satisfied: a client that asks for two nodes and gets two misses none. `plugin`: as in
// ChooseOptions.
absl::StatusOr<v1::AwayNodes> FindAway(const TargetQuery& query, const FleetSnapshot& fleet, const std::string& plugin,
                                       const std::vector<Slot>& chosen, StepBudget* budget);

// For each unknown name a known identity that is similar: the name is its short form ("web1" for "web1.example.net"),
// it is the short form of the name, or both differ only in case. Leaves out names for which there is none, or several.
std::vector<v1::Suggestion> SuggestIdentities(const std::vector<std::string>& unknown, const NodeNames& names,
                                              const SlotSet& live);

}  // namespace orch::hub

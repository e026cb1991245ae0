// What a request does not reach, and who may have been meant instead. Pure; off the hub's loop.
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

// The known nodes without a stream that the query would hold, limits aside, and that are not among
// `chosen`. None while a limit is satisfied: who asks for two nodes and gets two misses nobody.
// `plugin`: as in ChooseOptions.
absl::StatusOr<v1::AwayNodes> FindAway(const TargetQuery& query, const FleetSnapshot& fleet, const std::string& plugin,
                                       const std::vector<Slot>& chosen, StepBudget* budget);

// For each unknown name the known identity it is the short name of ("web1" for "web1.example.net"), the
// short form of, or differs from only in case; names without one are left out, as are those where
// several would fit.
std::vector<v1::Suggestion> SuggestIdentities(const std::vector<std::string>& unknown, const NodeNames& names,
                                              const SlotSet& live);

}  // namespace orch::hub

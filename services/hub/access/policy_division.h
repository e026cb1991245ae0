// Divides nodes among the lines of an ActionPolicy file on the hub, by the facts and classes that the hub knows. The
// files can only take away what access.yaml allows, so that a node cannot gain by what it says of itself. Pure
// functions; off the hub's loop.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "auth/access/action_policy.h"
#include "services/hub/nodes/fact_table/column_names.h"
#include "services/hub/nodes/fact_table/fact_snapshot.h"

namespace orch::hub {

struct PolicyDenial {
  SlotSet nodes;
  std::string place;  // FILE:LINE
  std::string why;    // for people
};

// Those of `nodes` that the lines deny. A line with a data function, which only nodes can answer, fits all that it may
// fit if it denies, and none if it allows. When the budget is spent, returns its status.
absl::StatusOr<std::vector<PolicyDenial>> DeniedByPolicy(const std::vector<auth::PolicyLine>& lines,
                                                         const FactSnapshot& facts, SlotSet nodes, StepBudget* budget);

void AddPolicyColumns(const std::vector<auth::PolicyLine>& lines, ColumnNames* names);

}  // namespace orch::hub

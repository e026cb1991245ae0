#include "services/hub/access/policy_division.h"

#include <utility>

#include "base/status_macros.h"

namespace orch::hub {
namespace {

absl::StatusOr<SlotSet> Fitting(const auth::PolicyLine& line, const FactSnapshot& facts, const SlotSet& nodes,
                                StepBudget* budget) {
  SlotSet fitting = nodes;
  for (const filter::Filter* filter : {&line.facts, &line.classes}) {
    if (filter->empty()) continue;
    ORCH_ASSIGN_OR_RETURN(FactSnapshot::Selection selection, facts.Select(*filter, budget, &fitting));
    if (selection.ask_nodes && line.decision.allowed) return SlotSet();
    fitting = std::move(selection.nodes);
  }
  return fitting;
}

}  // namespace

absl::StatusOr<std::vector<PolicyDenial>> DeniedByPolicy(const std::vector<auth::PolicyLine>& lines,
                                                         const FactSnapshot& facts, SlotSet nodes, StepBudget* budget) {
  std::vector<PolicyDenial> denials;
  for (const auth::PolicyLine& line : lines) {
    if (nodes.empty()) break;
    if (!budget->Spend(1)) return budget->status();
    ORCH_ASSIGN_OR_RETURN(SlotSet fitting, Fitting(line, facts, nodes, budget));
    nodes.Subtract(fitting);
    if (line.decision.allowed || fitting.empty()) continue;
    denials.push_back({std::move(fitting), line.decision.place, line.decision.reason});
  }
  return denials;
}

void AddPolicyColumns(const std::vector<auth::PolicyLine>& lines, ColumnNames* names) {
  for (const auth::PolicyLine& line : lines) {
    names->AddFilter(line.facts);
    names->AddFilter(line.classes);
  }
}

}  // namespace orch::hub

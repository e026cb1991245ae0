// The nodes for which the rules allow a caller at least one of some requests. Made by AccessControl; keeps the rules
// that it was made with, also when others are in force. Off the loop; thread-safe.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "auth/access/access_rules.h"
#include "services/hub/nodes/visibility.h"

namespace orch::hub {

class RuleVisibility final : public Visibility {
 public:
  // `lists`: for each request, the rules that speak of it.
  RuleVisibility(std::shared_ptr<const auth::AccessRules> rules,
                 std::vector<std::vector<const auth::AccessRule*>> lists, absl::Time now)
      : rules_(std::move(rules)), lists_(std::move(lists)), now_(now) {}

  void AddColumns(ColumnNames* names) const override;
  absl::StatusOr<SlotSet> Select(const FactSnapshot& facts, const SlotSet& within, StepBudget* budget) const override;

 private:
  const std::shared_ptr<const auth::AccessRules> rules_;
  const std::vector<std::vector<const auth::AccessRule*>> lists_;
  const absl::Time now_;
};

}  // namespace orch::hub

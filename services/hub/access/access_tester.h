// Says what the rules decide for one caller and one request, node by node, and which rules were considered. For people
// who write rules. Pure; off the hub's loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/access/caller.h"
#include "base/json.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/nodes/fact_table/column_names.h"
#include "services/hub/nodes/fact_table/fact_snapshot.h"

namespace orch::hub {

class AccessTester {
 public:
  static constexpr int kMaxIdentities = 1000;
  static constexpr int kMaxConsidered = 1000;

  // `asker`: who asks, whose own access it is when the request names no caller. InvalidArgument names the field.
  static absl::StatusOr<AccessTester> Read(std::shared_ptr<const RulesInForce> rules, const auth::Caller& asker,
                                           const v1::TestAccessRequest& request, absl::Time now);
  void AddColumns(ColumnNames* names) const;
  absl::Status Answer(const FactSnapshot& facts, StepBudget* budget, v1::TestAccessResponse* response) const;

 private:
  void DecideWithoutNodes(v1::TestAccessResponse* response) const;
  absl::Status DecideNodes(const FactSnapshot& facts, StepBudget* budget, v1::TestAccessResponse* response) const;
  void Consider(v1::TestAccessResponse* response) const;

  std::shared_ptr<const RulesInForce> rules_;
  auth::AccessRequest request_;
  Json inputs_;
  bool has_inputs_ = false;
  std::vector<std::string> identities_;
  std::vector<const auth::AccessRule*> speaking_;
  std::vector<const auth::AccessRule*> readable_;
};

}  // namespace orch::hub

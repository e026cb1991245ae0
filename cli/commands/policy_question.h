// The options of `orchctl policy test` and `policy explain`: who wants to do what, to which nodes. A command owns one.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/option_table.h"
#include "orch/v1/access_service.pb.h"

namespace orch::cli {

class PolicyQuestion {
 public:
  void DeclareOptions(OptionTable* table);
  // The request as the hub takes it. InvalidArgument names the option.
  absl::StatusOr<v1::TestAccessRequest> ToRequest(absl::Time now) const;

  // Whether something about the node is given, which only rules in files are tested with.
  bool describes_node() const { return !labels_.empty() || !facts_.empty() || !classes_.empty(); }
  // The facts of the described node, its labels below "trusted".
  absl::StatusOr<Json> Facts() const;
  const std::vector<std::string>& classes() const { return classes_; }

 private:
  std::string caller_, verb_, action_, collective_, at_;
  std::vector<std::string> unix_groups_, oidc_groups_, inputs_, nodes_, labels_, facts_, classes_;
};

}  // namespace orch::cli

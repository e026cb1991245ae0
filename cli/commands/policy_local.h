// Decides a request by rules in files, without a hub. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/json.h"
#include "cli/commands/policy_files.h"
#include "orch/v1/access_service.pb.h"

namespace orch::cli {

// What is known of the node for which a request is decided.
struct DescribedNode {
  bool given = false;  // else the request is decided without a node, as far as possible
  Json facts = Json::object();
  std::vector<std::string> classes;
};

// The answer that a hub with these files would give. InvalidArgument if the request does not say enough.
absl::StatusOr<v1::TestAccessResponse> DecideByFiles(const PolicyFiles& files, const v1::TestAccessRequest& request,
                                                     const DescribedNode& node, absl::Time now);

}  // namespace orch::cli

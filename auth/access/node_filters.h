// The filters of rules: which nodes a rule speaks of, and which of their facts it demands. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "filter/filter.h"

namespace orch::auth {

// Each text is a compound expression, or begins with the letter of an option ("-I web1", "-W trusted.role=web"); all
// must fit, but one of several -I is enough. Labels (trusted.NAME) and identities only.
absl::StatusOr<filter::Filter> ParseNodesFilter(const std::vector<std::string>& texts);
// The same over all that a node says of itself, without identities and data functions.
absl::StatusOr<filter::Filter> ParseFactsFilter(const std::vector<std::string>& texts);

// The filter that fits what both fit; nullopt if no node can fit. InvalidArgument if both name identities by regular
// expressions.
absl::StatusOr<std::optional<filter::Filter>> BothFilters(const filter::Filter& a, const filter::Filter& b);

}  // namespace orch::auth

// The steps of looking up a fact by a dotted path, for callers that split the path once and look up the same fact many
// times. LookUpFact in filter.h is the whole look-up. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"
#include "filter/filter.h"

namespace orch::filter {

// The array index that a segment means, 0|[1-9][0-9]*; nullopt for any other text and for a number beyond size_t.
std::optional<size_t> ArrayIndex(absl::string_view segment);

// Takes one step of a dotted path; nullptr if there is no such member.
const Json* Step(const Json& value, absl::string_view segment);

}  // namespace orch::filter

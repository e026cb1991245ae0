// Evaluates a filter's tree for one node; match.cc and explain.cc share it. The results of data calls come from the
// caller; where they are unknown, the caller chooses the assumed outcome. Pure except for RunCalls.
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/json.h"
#include "filter/expression.h"
#include "filter/filter.h"
#include "filter/node_view.h"

namespace orch::filter {

// The results by DataCall::key.
using CallResults = absl::flat_hash_map<std::string, absl::StatusOr<Json>>;

// Calls every data function of the tree, once for each set of arguments.
CallResults RunCalls(const Expression& root, DataFunctions* functions);
bool AnyCallFailed(const CallResults& results);
// Returns the first failed call, in the order of the filter, and its reason; empty if none failed.
std::string FirstFailure(const Expression& root, const CallResults& results);

struct Evaluation {
  const NodeView& node;
  const CallResults* calls = nullptr;  // nullptr: unknown
  // Assumes true for unknown calls, and false under a `not`: the result tells whether the tree may still become true.
  bool optimistic = false;
};

bool Holds(const Expression& expression, const Evaluation& evaluation);

// Returns the field of a call; nullptr if the call is unknown, failed, or lacks the field.
const Json* CallField(const DataCall& call, const CallResults* results);

}  // namespace orch::filter

// The tree over one node, for match and explain. A data call's outcome comes from outside: its
// fields, or not known here, in which case the caller says which way to lean.
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/json.h"
#include "filter/expression.h"
#include "filter/filter.h"

namespace orch::filter {

// By DataCall::key.
using CallResults = absl::flat_hash_map<std::string, absl::StatusOr<Json>>;

// Calls every data function of the tree once.
CallResults RunCalls(const Expression& root, DataFunctions* functions);
bool AnyCallFailed(const CallResults& results);
// The first failed call in the order of the filter and its reason; empty when none failed.
std::string FirstFailure(const Expression& root, const CallResults& results);

struct Evaluation {
  const NodeView& node;
  const CallResults* calls = nullptr;  // nullptr: unknown
  // Unknown calls count as true, or under a `not` as false: whether the tree may still become true.
  bool optimistic = false;
};

bool Holds(const Expression& expression, const Evaluation& evaluation);

// The field a call returned; nullptr when the call is unknown, failed, or lacks the field.
const Json* CallField(const DataCall& call, const CallResults* results);

}  // namespace orch::filter

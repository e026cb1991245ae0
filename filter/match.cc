#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "filter/compare.h"
#include "filter/evaluate.h"
#include "filter/filter.h"
#include "filter/node_view.h"

namespace orch::filter {
namespace {

void Run(const Expression& expression, DataFunctions* functions, CallResults* results) {
  for (const ExpressionPtr& child : expression.children) Run(*child, functions, results);
  if (expression.kind != Expression::Kind::kCall || results->contains(expression.call.key)) return;
  absl::StatusOr<Json> fields = absl::FailedPreconditionError("data functions cannot be run here");
  if (functions != nullptr) fields = functions->Call(expression.call.function, expression.call.arguments);
  if (fields.ok() && !fields->is_object()) fields = absl::InternalError("the data function returned no fields");
  results->emplace(expression.call.key, std::move(fields));
}

bool AnyHolds(const NameTest& name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&name](const std::string& one) { return name.Holds(one); });
}

bool FactHolds(const Expression& expression, const NodeView& node) {
  const Json* value = LookUpFact(node.facts(), expression.fact);
  return value != nullptr && ValueHolds(expression.comparison, *value);
}

bool CallHolds(const Expression& expression, const Evaluation& evaluation) {
  if (evaluation.calls == nullptr) return evaluation.optimistic;
  const Json* field = CallField(expression.call, evaluation.calls);
  return field != nullptr && ValueHolds(expression.comparison, *field);
}

}  // namespace

CallResults RunCalls(const Expression& root, DataFunctions* functions) {
  CallResults results;
  Run(root, functions, &results);
  return results;
}

bool AnyCallFailed(const CallResults& results) {
  return std::any_of(results.begin(), results.end(), [](const auto& result) { return !result.second.ok(); });
}

std::string FirstFailure(const Expression& root, const CallResults& results) {
  if (root.kind == Expression::Kind::kCall) {
    const auto found = results.find(root.call.key);
    if (found == results.end() || found->second.ok()) return "";
    const std::string arguments =
        absl::StrJoin(root.call.arguments, ", ",
                      [](std::string* out, const std::string& one) { absl::StrAppend(out, "'", one, "'"); });
    return absl::StrCat(root.call.function, "(", arguments, "): ", found->second.status().message());
  }
  for (const ExpressionPtr& child : root.children) {
    if (std::string failure = FirstFailure(*child, results); !failure.empty()) return failure;
  }
  return "";
}

const Json* CallField(const DataCall& call, const CallResults* results) {
  if (results == nullptr) return nullptr;
  const auto found = results->find(call.key);
  if (found == results->end() || !found->second.ok()) return nullptr;
  const auto field = found->second->find(call.field);
  return field == found->second->end() ? nullptr : &*field;
}

bool Holds(const Expression& expression, const Evaluation& evaluation) {
  const auto holds = [&evaluation](const ExpressionPtr& child) { return Holds(*child, evaluation); };
  switch (expression.kind) {
    case Expression::Kind::kFact:
      return FactHolds(expression, evaluation.node);
    case Expression::Kind::kClass:
      return AnyHolds(expression.name, evaluation.node.classes());
    case Expression::Kind::kPlugin:
      return AnyHolds(expression.name, evaluation.node.plugins());
    case Expression::Kind::kIdentity:
      return expression.name.Holds(evaluation.node.identity());
    case Expression::Kind::kCall:
      return CallHolds(expression, evaluation);
    case Expression::Kind::kNot:
      return !Holds(*expression.children.front(), {evaluation.node, evaluation.calls, !evaluation.optimistic});
    case Expression::Kind::kAnd:
      return std::all_of(expression.children.begin(), expression.children.end(), holds);
    case Expression::Kind::kOr:
      return std::any_of(expression.children.begin(), expression.children.end(), holds);
  }
  return false;
}

bool Matches(const Filter& filter, const NodeView& node, DataFunctions* functions, std::string* failure) {
  if (filter.empty()) return true;
  // Every call counts, even one beside a true `or`, because all calls run before the decision.
  const CallResults calls = RunCalls(*filter.root(), functions);
  if (!AnyCallFailed(calls)) return Holds(*filter.root(), {node, &calls});
  if (failure != nullptr) *failure = FirstFailure(*filter.root(), calls);
  return false;
}

Verdict Narrow(const Filter& filter, const NodeView& node) {
  if (filter.empty()) return Verdict::kYes;
  if (!Holds(*filter.root(), {node, nullptr, /*optimistic=*/true})) return Verdict::kNo;
  return filter.has_data_functions() ? Verdict::kAskNode : Verdict::kYes;
}

}  // namespace orch::filter

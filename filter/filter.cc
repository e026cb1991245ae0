#include "filter/filter.h"

#include <utility>

#include "base/status_macros.h"
#include "filter/expression.h"
#include "filter/parser.h"
#include "filter/pattern_budget.h"
#include "filter/source.h"

namespace orch::filter {
namespace {

absl::StatusOr<ExpressionPtr> ParseByKind(const Source& source) {
  switch (source.kind()) {
    case OptionKind::kFact:
      return ParseFactOption(source);
    case OptionKind::kCombined:
      return ParseWordsOption(source);
    case OptionKind::kCompound:
      return ParseCompoundOption(source);
    default:
      return ParseNameOption(source);
  }
}

absl::StatusOr<ExpressionPtr> ParseOption(const Option& option, PatternBudget* budget) {
  const Source source(option.kind, option.text, budget);
  ORCH_RETURN_IF_ERROR(source.CheckWhole());
  ORCH_ASSIGN_OR_RETURN(ExpressionPtr parsed, ParseByKind(source));
  ORCH_RETURN_IF_ERROR(source.CheckBytes());
  return parsed;
}

bool HasCalls(const Expression& expression) {
  if (expression.kind == Expression::Kind::kCall) return true;
  for (const ExpressionPtr& child : expression.children)
    if (HasCalls(*child)) return true;
  return false;
}

// Returns a copy of the child of the root, because `origin` is set on it.
ExpressionPtr WithOrigin(const ExpressionPtr& parsed, OptionKind kind) {
  auto child = std::make_shared<Expression>(*parsed);
  child->origin = kind;
  return child;
}

}  // namespace

Filter::Filter() = default;

absl::StatusOr<Filter> Filter::Parse(absl::Span<const Option> options) {
  Filter filter;
  if (options.empty()) return filter;
  auto root = std::make_shared<Expression>();
  root->kind = Expression::Kind::kAnd;
  std::vector<ExpressionPtr> identities;
  bool all_literal = true;
  PatternBudget budget;
  for (const Option& option : options) {
    ORCH_ASSIGN_OR_RETURN(const ExpressionPtr parsed, ParseOption(option, &budget));
    if (option.kind == OptionKind::kIdentity) {
      identities.push_back(parsed);
      all_literal = all_literal && parsed->name.pattern == nullptr;
    } else {
      root->children.push_back(WithOrigin(parsed, option.kind));
    }
  }
  if (!identities.empty()) {
    if (all_literal)
      for (const ExpressionPtr& one : identities) filter.literal_identities_.push_back(one->name.text);
    const ExpressionPtr group = MakeGroup(Expression::Kind::kOr, std::move(identities));
    root->children.insert(root->children.begin(), WithOrigin(group, OptionKind::kIdentity));
  }
  filter.has_data_functions_ = HasCalls(*root);
  filter.root_ = std::move(root);
  filter.options_.assign(options.begin(), options.end());
  return filter;
}

}  // namespace orch::filter

#include "services/hub/nodes/fact_table/column_names.h"

#include "absl/strings/str_cat.h"
#include "filter/expression.h"

namespace orch::hub {
namespace {

void AddExpression(const filter::Expression& expression, ColumnNames* names) {
  if (expression.kind == filter::Expression::Kind::kFact) names->AddPath(expression.fact);
  for (const filter::ExpressionPtr& child : expression.children) AddExpression(*child, names);
}

}  // namespace

void ColumnNames::AddPath(absl::string_view path) {
  names_.emplace(path);
  const size_t dot = path.find('.');
  if (dot != absl::string_view::npos) names_.emplace(path.substr(0, dot));
}

void ColumnNames::AddFilter(const filter::Filter& filter) {
  if (!filter.empty()) AddExpression(*filter.root(), this);
}

absl::Status ColumnNames::Check() const {
  if (names_.size() <= kMaxColumnsOfQuestion) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the filter names ", names_.size(), " different facts; at most ",
                                                 kMaxColumnsOfQuestion, " are taken; ask in several parts"));
}

}  // namespace orch::hub

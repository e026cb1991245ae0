#include "filter/expression.h"

#include <utility>

namespace orch::filter {

absl::string_view OperatorText(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return "=";
    case Operator::kNotEqual:
      return "!=";
    case Operator::kMatch:
      return "=~";
    case Operator::kNotMatch:
      return "!~";
    case Operator::kLess:
      return "<";
    case Operator::kLessOrEqual:
      return "<=";
    case Operator::kGreater:
      return ">";
    case Operator::kGreaterOrEqual:
      return ">=";
  }
  return "?";
}

ExpressionPtr MakeNot(ExpressionPtr child) {
  auto made = std::make_shared<Expression>();
  made->kind = Expression::Kind::kNot;
  made->children.push_back(std::move(child));
  return made;
}

ExpressionPtr MakeGroup(Expression::Kind kind, std::vector<ExpressionPtr> children) {
  if (children.size() == 1) return std::move(children.front());
  auto made = std::make_shared<Expression>();
  made->kind = kind;
  made->children = std::move(children);
  return made;
}

ExpressionPtr MakeFact(absl::string_view path, Comparison comparison) {
  auto made = std::make_shared<Expression>();
  made->kind = Expression::Kind::kFact;
  made->fact = std::string(path);
  made->comparison = std::move(comparison);
  return made;
}

ExpressionPtr MakeName(Expression::Kind kind, NameTest name) {
  auto made = std::make_shared<Expression>();
  made->kind = kind;
  made->name = std::move(name);
  return made;
}

}  // namespace orch::filter

// The meaning of a filter as a tree. The parsers make it; match, describe and the hub's fact table read it. Immutable
// and shared between threads after parsing. Its depth is bounded by the language's nesting limit, because a chain of
// and/or is one node with many children.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "filter/option.h"
#include "filter/pattern.h"

namespace orch::filter {

// `==` is kEqual, `=>` kGreaterOrEqual, `=<` kLessOrEqual.
enum class Operator { kEqual, kNotEqual, kMatch, kNotMatch, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// Returns the operator as users write it: "=", "!=", "=~" and so on.
absl::string_view OperatorText(Operator op);
// True for != and !~, which are the exact opposite of = and =~ over a value.
inline bool IsNegated(Operator op) { return op == Operator::kNotEqual || op == Operator::kNotMatch; }
inline bool IsOrdering(Operator op) { return op >= Operator::kLess; }

// The kind of a text for the comparison rules.
enum class Shape { kText, kNumber, kVersion };

// `OP VALUE`. With a pattern, `text` is the pattern's source.
struct Comparison {
  Operator op = Operator::kEqual;
  std::string text;
  Shape shape = Shape::kText;              // of `text`, when there is no pattern
  std::shared_ptr<const Pattern> pattern;  // always set for kMatch and kNotMatch
};

// A test of a class, an identity or a plugin: equality with `text`, or the pattern if it is set.
struct NameTest {
  std::string text;
  std::shared_ptr<const Pattern> pattern;

  bool Holds(absl::string_view name) const { return pattern != nullptr ? pattern->Finds(name) : name == text; }
  // An upper bound of the steps that Holds takes.
  uint64_t Steps(absl::string_view name) const { return pattern != nullptr ? pattern->Steps(name) : 1; }
};

// fn('argument').field
struct DataCall {
  std::string function;
  std::vector<std::string> arguments;
  std::string field;
  std::string key;  // the same for calls of one function with the same arguments
};

struct Expression {
  enum class Kind { kFact, kClass, kIdentity, kPlugin, kCall, kNot, kAnd, kOr };

  Kind kind = Kind::kAnd;
  std::string fact;                                         // kFact: name or dotted path
  Comparison comparison;                                    // kFact, kCall
  NameTest name;                                            // kClass, kIdentity, kPlugin
  DataCall call;                                            // kCall
  std::vector<std::shared_ptr<const Expression>> children;  // kNot: one; kAnd, kOr: one or more
  // For children of the root: the option they come from. All -I options together are one kOr.
  OptionKind origin = OptionKind::kFact;
};

using ExpressionPtr = std::shared_ptr<const Expression>;

ExpressionPtr MakeNot(ExpressionPtr child);
// Returns the child itself if there is only one.
ExpressionPtr MakeGroup(Expression::Kind kind, std::vector<ExpressionPtr> children);
ExpressionPtr MakeFact(absl::string_view path, Comparison comparison);
// `kind` is kClass, kIdentity or kPlugin.
ExpressionPtr MakeName(Expression::Kind kind, NameTest name);

}  // namespace orch::filter

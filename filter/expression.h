// What a filter means, as a tree: made once by the parsers, read by match, describe and the hub's
// fact table. Immutable and shared between threads once parsed. Never deeper than the language's
// nesting limit: chains of and/or are one node with many children.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "filter/filter.h"
#include "filter/pattern.h"

namespace orch::filter {

// `==` is kEqual, `=>` kGreaterOrEqual, `=<` kLessOrEqual.
enum class Operator { kEqual, kNotEqual, kMatch, kNotMatch, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// As people write it: "=", "!=", "=~" …
absl::string_view OperatorText(Operator op);
// != and !~: the exact opposite of = and =~ over a value.
inline bool IsNegated(Operator op) { return op == Operator::kNotEqual || op == Operator::kNotMatch; }
inline bool IsOrdering(Operator op) { return op >= Operator::kLess; }

// What a text is to the comparison rules.
enum class Shape { kText, kNumber, kVersion };

// `OP VALUE`. With a pattern, `text` is the pattern's source.
struct Comparison {
  Operator op = Operator::kEqual;
  std::string text;
  Shape shape = Shape::kText;              // of `text`, when there is no pattern
  std::shared_ptr<const Pattern> pattern;  // always set for kMatch and kNotMatch
};

// A class, an identity or a plugin: this text exactly, or the pattern when set.
struct NameTest {
  std::string text;
  std::shared_ptr<const Pattern> pattern;

  bool Holds(absl::string_view name) const { return pattern != nullptr ? pattern->Finds(name) : name == text; }
  // The steps which Holds takes at most.
  uint64_t Steps(absl::string_view name) const { return pattern != nullptr ? pattern->Steps(name) : 1; }
};

// fn('argument').field
struct DataCall {
  std::string function;
  std::vector<std::string> arguments;
  std::string field;
  std::string key;  // equal for calls of the same function with the same arguments
};

struct Expression {
  enum class Kind { kFact, kClass, kIdentity, kPlugin, kCall, kNot, kAnd, kOr };

  Kind kind = Kind::kAnd;
  std::string fact;                                         // kFact: name or dotted path
  Comparison comparison;                                    // kFact, kCall
  NameTest name;                                            // kClass, kIdentity, kPlugin
  DataCall call;                                            // kCall
  std::vector<std::shared_ptr<const Expression>> children;  // kNot: one; kAnd, kOr: one or more
  // Of the root's children: the option they come from (the -I options together are one kOr).
  OptionKind origin = OptionKind::kFact;
};

using ExpressionPtr = std::shared_ptr<const Expression>;

ExpressionPtr MakeNot(ExpressionPtr child);
// The child itself when there is only one.
ExpressionPtr MakeGroup(Expression::Kind kind, std::vector<ExpressionPtr> children);
ExpressionPtr MakeFact(absl::string_view path, Comparison comparison);
// `kind`: kClass, kIdentity or kPlugin.
ExpressionPtr MakeName(Expression::Kind kind, NameTest name);

}  // namespace orch::filter

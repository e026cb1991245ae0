#include "services/hub/nodes/fact_table/selector.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "filter/compare.h"
#include "services/hub/nodes/fact_table/column_test.h"

namespace orch::hub {

using filter::Expression;

SlotSet Selector::Select(const Expression& expression, const SlotSet& within, bool optimistic) const {
  if (!budget_->Spend(1 + within.words().size())) return SlotSet();
  switch (expression.kind) {
    case Expression::Kind::kAnd:
      return SelectAll(expression, within, optimistic);
    case Expression::Kind::kOr:
      return SelectAny(expression, within, optimistic);
    case Expression::Kind::kNot: {
      SlotSet rest = within;
      rest.Subtract(Select(*expression.children.front(), within, !optimistic));
      return rest;
    }
    case Expression::Kind::kFact:
      return SelectFact(expression, within);
    case Expression::Kind::kClass:
      return SelectName(columns_.classes, expression.name, within);
    case Expression::Kind::kPlugin:
      return SelectName(columns_.plugins, expression.name, within);
    case Expression::Kind::kIdentity:
      return SelectIdentity(expression.name, within);
    case Expression::Kind::kCall:
      return optimistic ? within : SlotSet();
  }
  return SlotSet();
}

// Each part is asked only about the nodes that are still in question.
SlotSet Selector::SelectAll(const Expression& expression, const SlotSet& within, bool optimistic) const {
  SlotSet left = Select(*expression.children.front(), within, optimistic);
  for (size_t i = 1; i < expression.children.size() && !left.empty(); ++i) {
    left = Select(*expression.children[i], left, optimistic);
  }
  return left;
}

SlotSet Selector::SelectAny(const Expression& expression, const SlotSet& within, bool optimistic) const {
  SlotSet found;
  SlotSet left = within;
  for (const filter::ExpressionPtr& child : expression.children) {
    // A long list of -I names costs one look-up each.
    if (child->kind == Expression::Kind::kIdentity && child->name.pattern == nullptr) {
      if (!budget_->Spend(1)) break;
      const Slot slot = columns_.names.Find(child->name.text);
      if (within.contains(slot)) found.Insert(slot);
      continue;
    }
    const SlotSet more = Select(*child, left, optimistic);
    found.Union(more);
    left.Subtract(more);
    if (left.empty() || !budget_->ok()) break;
  }
  return found;
}

SlotSet Selector::SelectFact(const Expression& expression, const SlotSet& within) const {
  const filter::Comparison& comparison = expression.comparison;
  const ColumnTest::TextTest test{
      [&comparison](absl::string_view text) { return filter::CandidateHolds(comparison, text); },
      [&comparison](absl::string_view text) { return filter::StepsOf(comparison, text); }};
  const bool negated = filter::IsNegated(comparison.op);
  SlotSet found;
  SlotSet left = within;
  // The whole name first; a node that has it is not asked about the dotted path.
  if (const ColumnView* whole = columns_.FindFact(expression.fact); whole != nullptr) {
    found = ColumnTest(*whole, PathWalk(whole->values, {}), test, negated, budget_).Select(within);
    if (expression.fact.find('.') != std::string::npos) {
      std::vector<uint8_t> any(whole->values.limit(), 1);
      any[kNoValue] = 0;
      left.Subtract(whole->rows.Scan(any, within));
    }
  }
  std::vector<absl::string_view> segments = absl::StrSplit(expression.fact, '.');
  if (segments.size() == 1) return found;
  const ColumnView* first = columns_.FindFact(segments.front());
  if (first == nullptr) return found;
  segments.erase(segments.begin());
  found.Union(ColumnTest(*first, PathWalk(first->values, segments), test, negated, budget_).Select(left));
  return found;
}

SlotSet Selector::SelectIdentity(const filter::NameTest& name, const SlotSet& within) const {
  const NodeNames& names = columns_.names;
  SlotSet found;
  if (name.pattern == nullptr) {
    const Slot slot = names.Find(name.text);
    if (within.contains(slot)) found.Insert(slot);
    return found;
  }
  within.ForEach([&](Slot slot) {
    const std::string& identity = names.identity(slot);
    if (budget_->Spend(name.Steps(identity)) && name.Holds(identity)) found.Insert(slot);
  });
  return found;
}

SlotSet Selector::SelectName(const ColumnView& column, const filter::NameTest& name, const SlotSet& within) const {
  const ColumnTest::TextTest test{[&name](absl::string_view text) { return name.Holds(text); },
                                  [&name](absl::string_view text) { return name.Steps(text); }};
  return ColumnTest(column, PathWalk(column.values, {}), test, /*negated=*/false, budget_).Select(within);
}

}  // namespace orch::hub

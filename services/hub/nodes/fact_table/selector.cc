#include "services/hub/nodes/fact_table/selector.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "filter/compare.h"
#include "services/hub/nodes/fact_table/column_test.h"

namespace orch::hub {

using filter::Expression;

SlotSet Selector::Select(const Expression& expression, const SlotSet& within, bool optimistic) const {
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
      const auto slot = slots_.find(child->name.text);
      if (slot != slots_.end() && within.contains(slot->second)) found.Insert(slot->second);
      continue;
    }
    const SlotSet more = Select(*child, left, optimistic);
    found.Union(more);
    left.Subtract(more);
    if (left.empty()) break;
  }
  return found;
}

SlotSet Selector::SelectFact(const Expression& expression, const SlotSet& within) const {
  const filter::Comparison& comparison = expression.comparison;
  const auto test = [&comparison](absl::string_view text) { return filter::CandidateHolds(comparison, text); };
  const bool negated = filter::IsNegated(comparison.op);
  SlotSet found;
  SlotSet left = within;
  // The whole name first; a node that has it is not asked about the dotted path.
  if (const FactColumn* whole = columns_.FindFact(expression.fact); whole != nullptr) {
    found = ColumnTest(*whole, PathWalk(whole->pool(), {}), test, negated).Select(within);
    std::vector<uint8_t> any(whole->pool().limit(), 1);
    any[kNoValue] = 0;
    if (expression.fact.find('.') != std::string::npos) left.Subtract(whole->Scan(any, within));
  }
  std::vector<absl::string_view> segments = absl::StrSplit(expression.fact, '.');
  if (segments.size() == 1) return found;
  const FactColumn* first = columns_.FindFact(segments.front());
  if (first == nullptr) return found;
  segments.erase(segments.begin());
  found.Union(ColumnTest(*first, PathWalk(first->pool(), segments), test, negated).Select(left));
  return found;
}

SlotSet Selector::SelectIdentity(const filter::NameTest& name, const SlotSet& within) const {
  SlotSet found;
  if (name.pattern == nullptr) {
    const auto slot = slots_.find(name.text);
    if (slot != slots_.end() && within.contains(slot->second)) found.Insert(slot->second);
    return found;
  }
  within.ForEach([&](Slot slot) {
    if (name.Holds(identities_[slot])) found.Insert(slot);
  });
  return found;
}

SlotSet Selector::SelectName(const FactColumn& column, const filter::NameTest& name, const SlotSet& within) {
  const auto test = [&name](absl::string_view text) { return name.Holds(text); };
  return ColumnTest(column, PathWalk(column.pool(), {}), test, /*negated=*/false).Select(within);
}

}  // namespace orch::hub

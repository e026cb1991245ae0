#include "filter/compare.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "filter/fact.h"

namespace orch::filter {
namespace {

int Sign(int value) { return (value > 0) - (value < 0); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::string_view WithoutLeadingZeros(absl::string_view digits) {
  const size_t first = digits.find_first_not_of('0');
  return first == absl::string_view::npos ? absl::string_view() : digits.substr(first);
}

// Compares two non-negative integers of any length, given as digits.
int CompareIntegers(absl::string_view a, absl::string_view b) {
  a = WithoutLeadingZeros(a);
  b = WithoutLeadingZeros(b);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return Sign(a.compare(b));
}

struct Decimal {
  bool negative = false;
  absl::string_view integer;   // without leading zeros
  absl::string_view fraction;  // without trailing zeros
};

Decimal ReadDecimal(absl::string_view text) {
  Decimal out;
  if (text.front() == '-' || text.front() == '+') {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const size_t dot = text.find('.');
  out.integer = WithoutLeadingZeros(text.substr(0, dot));
  if (dot != absl::string_view::npos) {
    out.fraction = text.substr(dot + 1);
    const size_t last = out.fraction.find_last_not_of('0');
    out.fraction = out.fraction.substr(0, last == absl::string_view::npos ? 0 : last + 1);
  }
  if (out.integer.empty() && out.fraction.empty()) out.negative = false;  // -0 is 0
  return out;
}

absl::string_view TakeComponent(absl::string_view* rest) {
  const size_t dot = rest->find('.');
  const absl::string_view component = rest->substr(0, dot);
  rest->remove_prefix(dot == absl::string_view::npos ? rest->size() : dot + 1);
  return component;
}

bool OrderHolds(Operator op, int order) {
  switch (op) {
    case Operator::kLess:
      return order < 0;
    case Operator::kLessOrEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    case Operator::kGreaterOrEqual:
      return order >= 0;
    default:
      return order == 0;
  }
}

}  // namespace

Shape ShapeOf(absl::string_view text) {
  const bool has_sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  if (has_sign) text.remove_prefix(1);
  size_t dots = 0;
  bool after_digit = false;
  for (const char c : text) {
    if (IsDigit(c)) {
      after_digit = true;
    } else if (c == '.' && after_digit) {
      ++dots;
      after_digit = false;
    } else {
      return Shape::kText;
    }
  }
  if (!after_digit) return Shape::kText;
  if (dots <= 1) return Shape::kNumber;
  return has_sign ? Shape::kText : Shape::kVersion;
}

int CompareNumbers(absl::string_view a, absl::string_view b) {
  const Decimal left = ReadDecimal(a);
  const Decimal right = ReadDecimal(b);
  if (left.negative != right.negative) return left.negative ? -1 : 1;
  int order = CompareIntegers(left.integer, right.integer);
  if (order == 0) order = Sign(left.fraction.compare(right.fraction));
  return left.negative ? -order : order;
}

int CompareVersions(absl::string_view a, absl::string_view b) {
  if (a.front() == '-') return -1;  // at most one of the two is a number
  if (b.front() == '-') return 1;
  if (a.front() == '+') a.remove_prefix(1);
  if (b.front() == '+') b.remove_prefix(1);
  while (!a.empty() || !b.empty()) {
    const absl::string_view left = TakeComponent(&a);
    const absl::string_view right = TakeComponent(&b);
    if (const int order = CompareIntegers(left, right); order != 0) return order;
  }
  return 0;
}

bool CandidateHolds(const Comparison& comparison, absl::string_view candidate) {
  if (comparison.pattern != nullptr) return comparison.pattern->Finds(candidate);
  const bool ordering = IsOrdering(comparison.op);
  if (comparison.shape != Shape::kText) {
    const Shape shape = ShapeOf(candidate);
    if (shape == Shape::kNumber && comparison.shape == Shape::kNumber) {
      return OrderHolds(comparison.op, CompareNumbers(candidate, comparison.text));
    }
    // One is a version, and the other is a version or a number.
    if (ordering && shape != Shape::kText) {
      return OrderHolds(comparison.op, CompareVersions(candidate, comparison.text));
    }
  }
  if (!ordering) return candidate == comparison.text;
  return OrderHolds(comparison.op, candidate.compare(comparison.text));
}

uint64_t StepsOf(const Comparison& comparison, absl::string_view candidate) {
  constexpr size_t kComparedPerStep = 16;  // bytes
  if (comparison.pattern != nullptr) return comparison.pattern->Steps(candidate);
  return 1 + candidate.size() / kComparedPerStep;
}

bool AnyCandidate(const Json& value, const std::function<bool(absl::string_view)>& visit) {
  if (value.is_object()) {
    for (auto item = value.begin(); item != value.end(); ++item)
      if (visit(item.key())) return true;
    return false;
  }
  if (value.is_array()) {
    return std::any_of(value.begin(), value.end(), [&visit](const Json& element) {
      const std::optional<std::string> text = FactText(element);
      return text.has_value() && visit(*text);
    });
  }
  return visit(FactText(value).value_or(""));
}

bool ValueHolds(const Comparison& comparison, const Json& value) {
  const bool any =
      AnyCandidate(value, [&comparison](absl::string_view candidate) { return CandidateHolds(comparison, candidate); });
  return any != IsNegated(comparison.op);
}

}  // namespace orch::filter

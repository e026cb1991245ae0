#include "actions/plugins/package/rpm_version.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace orch::actions {
namespace {

bool Separates(char c) { return !absl::ascii_isalnum(c) && c != '~' && c != '^'; }

void SkipSeparators(absl::string_view* text) {
  while (!text->empty() && Separates(text->front())) text->remove_prefix(1);
}

// Removes the digits, or else the letters, at the front.
absl::string_view TakeSegment(absl::string_view* text, bool digits) {
  size_t end = 0;
  while (end < text->size() && (digits ? absl::ascii_isdigit((*text)[end]) : absl::ascii_isalpha((*text)[end]))) ++end;
  const absl::string_view segment = text->substr(0, end);
  text->remove_prefix(end);
  return segment;
}

int CompareNumbers(absl::string_view left, absl::string_view right) {
  while (absl::ConsumePrefix(&left, "0")) {
  }
  while (absl::ConsumePrefix(&right, "0")) {
  }
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

// Compares the marks at the front of both texts; removes them from both if they decide nothing.
enum class Mark { kNone, kSame, kLess, kMore };

Mark CompareMarks(absl::string_view* left, absl::string_view* right) {
  const char a = left->empty() ? '\0' : left->front(), b = right->empty() ? '\0' : right->front();
  if (a != '~' && b != '~' && a != '^' && b != '^') return Mark::kNone;
  if (a == b) {
    left->remove_prefix(1);
    right->remove_prefix(1);
    return Mark::kSame;
  }
  if (a == '~' || b == '~') return a == '~' ? Mark::kLess : Mark::kMore;
  // The end of a text is older than "^", and everything else is newer.
  if (a == '^') return b == '\0' ? Mark::kMore : Mark::kLess;
  return a == '\0' ? Mark::kLess : Mark::kMore;
}

}  // namespace

int CompareRpmPart(absl::string_view left, absl::string_view right) {
  while (!left.empty() || !right.empty()) {
    SkipSeparators(&left);
    SkipSeparators(&right);
    const Mark mark = CompareMarks(&left, &right);
    if (mark == Mark::kSame) continue;
    if (mark != Mark::kNone) return mark == Mark::kLess ? -1 : 1;
    if (left.empty() || right.empty()) break;
    const bool digits = absl::ascii_isdigit(left.front());
    const absl::string_view mine = TakeSegment(&left, digits), other = TakeSegment(&right, digits);
    if (other.empty()) return digits ? 1 : -1;
    const int order = digits ? CompareNumbers(mine, other) : mine.compare(other);
    if (order != 0) return order;
  }
  return left.empty() ? (right.empty() ? 0 : -1) : 1;
}

}  // namespace orch::actions

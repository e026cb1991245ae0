#include "base/nearest_word.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace orch {
namespace {

// Longer words are never compared, because the distance costs the product of both lengths.
constexpr size_t kMaxComparedWord = 128;

// Counts the letters that were changed, added, left out or swapped with a neighbour.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string NearestWord(absl::string_view word, const std::vector<std::string>& known) {
  if (word.empty() || word.size() > kMaxComparedWord) return "";
  const std::string wanted = absl::AsciiStrToLower(word);
  std::string nearest;
  size_t best = 1 + wanted.size() / 3;  // beyond that two words have little in common
  for (const std::string& candidate : known) {
    if (candidate.empty() || candidate.size() > kMaxComparedWord) continue;
    const size_t distance = EditDistance(wanted, absl::AsciiStrToLower(candidate));
    if (distance < std::min(wanted.size(), candidate.size()) &&
        (distance < best || (distance == best && nearest.empty()))) {
      best = distance;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) return nearest;
  for (const std::string& candidate : known) {
    if (wanted.size() >= 2 && absl::StartsWithIgnoreCase(candidate, wanted)) return candidate;
  }
  return "";
}

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = NearestWord(word, known);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

}  // namespace orch

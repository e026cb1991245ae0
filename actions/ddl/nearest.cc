#include "base/nearest_word.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxComparedBytes = 128;

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::string NearestName(absl::string_view typed, const std::vector<std::string>& known) {
  if (typed.empty() || typed.size() > kMaxComparedBytes) return "";
  std::string best;
  size_t best_distance = 0;
  for (const std::string& name : known) {
    if (name.size() > kMaxComparedBytes) continue;
    const size_t distance = EditDistance(typed, name);
    if (distance > std::max<size_t>(1, std::max(typed.size(), name.size()) / 3)) continue;
    if (best.empty() || distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string DidYouMean(absl::string_view typed, const std::vector<std::string>& known) {
  const std::string nearest = NearestName(typed, known);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

}  // namespace orch::ddl

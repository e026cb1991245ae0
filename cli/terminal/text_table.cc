#include "cli/terminal/text_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/terminal/display_width.h"

namespace orch::cli {
namespace {

constexpr size_t kGap = 2;        // between two columns
constexpr size_t kLeastCell = 6;  // the other columns are cut to this width before the first one is cut

std::vector<size_t> WidthsOf(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  return widths;
}

// Reduces the largest widths from index `first` on until the sum of all is at most `room`, or none is above `least`.
void Shrink(size_t first, size_t least, size_t room, std::vector<size_t>* widths) {
  const auto begin = widths->begin() + static_cast<ptrdiff_t>(first);
  size_t cap = first < widths->size() ? *std::max_element(begin, widths->end()) : 0;
  const auto together = [&] {
    size_t sum = 0;
    for (auto width = widths->begin(); width != widths->end(); ++width)
      sum += width < begin ? *width : std::min(*width, cap);
    return sum;
  };
  while (cap > least && together() > room) --cap;
  for (auto width = begin; width != widths->end(); ++width) *width = std::min(*width, cap);
}

}  // namespace

std::string TextTable(const std::vector<std::vector<std::string>>& rows, size_t columns) {
  std::vector<size_t> widths = WidthsOf(rows);
  const size_t gaps = widths.empty() ? 0 : kGap * (widths.size() - 1);
  if (columns > 0) {
    const size_t room = columns > gaps ? columns - gaps : 0;
    Shrink(1, kLeastCell, room, &widths);
    Shrink(0, kLeastCell, room, &widths);
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, std::string(i == 0 ? 0 : kGap, ' '), PadRight(CutToWidth(row[i], widths[i]), widths[i]));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, columns > 0 ? CutToWidth(line, columns) : line, "\n");
  }
  return text;
}

}  // namespace orch::cli

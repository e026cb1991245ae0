#include "cli/views/table_view.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/display_width.h"
#include "cli/terminal/value_text.h"
#include "cli/views/reply_choice.h"

namespace orch::cli {
namespace {

constexpr size_t kGap = 2;        // between two columns
constexpr size_t kLeastCell = 6;  // before the first column is cut too

std::vector<size_t> WidthsOf(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  return widths;
}

// Lowers the greatest of the widths from `first` on until they are together at most `room`, or all at `least`.
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

bool TableView::OnAnswer(const Answer& answer) {
  answers_.push_back(answer);
  answers_.back().data = ChosenData(answer.data, context_->options().columns);
  return true;
}

// Declared outputs and whatever else came.
std::vector<std::string> TableView::OutputNames() const {
  if (!context_->options().columns.empty()) return context_->options().columns;
  std::set<std::string> names;
  for (const Answer& answer : answers_) {
    for (const auto& item : answer.data.items()) names.insert(item.key());
  }
  return {names.begin(), names.end()};
}

void TableView::OnEnd(const JobEnd& end) {
  const std::vector<std::string> outputs = OutputNames();
  std::vector<std::vector<std::string>> rows(1, {"NODE", "STATUS"});
  for (const std::string& output : outputs) {
    const ddl::Output* known = subject_.action == nullptr ? nullptr : subject_.action->FindOutput(output);
    rows[0].push_back(Printable(known == nullptr || known->display_as.empty() ? output : known->display_as));
  }
  for (const Answer& answer : answers_) {
    std::vector<std::string> row = {Printable(answer.identity), answer.ok() ? "OK" : Printable(answer.message)};
    for (const std::string& output : outputs) {
      row.push_back(answer.data.contains(output) ? DisplayValue(answer.data[output]) : "");
    }
    rows.push_back(std::move(row));
  }
  for (const std::string& name : end.start.unknown) rows.push_back({Printable(name), "unknown to the hub"});
  if (context_->options().sort) std::sort(rows.begin() + 1, rows.end());
  context_->Print(TextTable(rows, context_->env().OutputColumns()));
  context_->Note(CutShortText(end));
}

}  // namespace orch::cli

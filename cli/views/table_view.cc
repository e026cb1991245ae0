#include "cli/views/table_view.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {
namespace {

std::string Cell(const Json& value) { return DisplayValue(value); }

}  // namespace

std::string TextTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string cell = row[i];
      cell.resize(widths[i], ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ", cell);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

bool TableView::OnAnswer(const Answer& answer) {
  answers_.push_back(answer);
  return true;
}

// Declared outputs and whatever else came.
std::vector<std::string> TableView::OutputNames() const {
  std::set<std::string> names;
  for (const Answer& answer : answers_) {
    for (const auto& item : answer.data.items()) names.insert(item.key());
  }
  return {names.begin(), names.end()};
}

void TableView::OnEnd(const JobEnd& end) {
  if (context_->options().sort) {
    std::sort(answers_.begin(), answers_.end(),
              [](const Answer& a, const Answer& b) { return a.identity < b.identity; });
  }
  const std::vector<std::string> outputs = OutputNames();
  std::vector<std::vector<std::string>> rows(1, {"NODE", "STATUS"});
  for (const std::string& output : outputs) {
    const ddl::Output* known = subject_.action == nullptr ? nullptr : subject_.action->FindOutput(output);
    rows[0].push_back(Printable(known == nullptr || known->display_as.empty() ? output : known->display_as));
  }
  for (const Answer& answer : answers_) {
    std::vector<std::string> row = {Printable(answer.identity), answer.ok() ? "OK" : Cell(answer.message)};
    for (const std::string& output : outputs) {
      row.push_back(answer.data.contains(output) ? Cell(answer.data[output]) : "");
    }
    rows.push_back(std::move(row));
  }
  context_->Print(TextTable(rows));
  context_->Note(CutShortText(end));
}

}  // namespace orch::cli

#include "cli/views/table_view.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/text_table.h"
#include "cli/terminal/value_text.h"
#include "cli/views/reply_choice.h"

namespace orch::cli {

bool TableView::OnAnswer(const Answer& answer) {
  answers_.push_back(answer);
  answers_.back().data = ChosenData(answer.data, context_->options().columns);
  return true;
}

// Returns the names of all outputs that came, or those of --columns.
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

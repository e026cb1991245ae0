// --table: one line a node, one column an output.
#pragma once

#include <string>
#include <vector>

#include "cli/views/machine_view.h"

namespace orch::cli {

// Rows of printable text as aligned columns, headings first; nothing behind the last column. No line is
// wider than `columns` (0: no limit): the widest cells are cut, those of the first column last.
std::string TextTable(const std::vector<std::vector<std::string>>& rows, size_t columns = 0);

class TableView final : public JobView {
 public:
  TableView(Context* context, JobSubject subject) : context_(context), subject_(std::move(subject)) {}
  void OnStart(const JobStart&) override {}
  bool OnAnswer(const Answer& answer) override;
  void OnProgress(size_t, size_t) override {}
  void OnEnd(const JobEnd& end) override;

 private:
  std::vector<std::string> OutputNames() const;

  Context* const context_;
  const JobSubject subject_;
  std::vector<Answer> answers_;
};

}  // namespace orch::cli

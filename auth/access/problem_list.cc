#include "auth/access/problem_list.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace orch::auth {

std::string ProblemList::Place(int line) const { return absl::StrCat(file_, ":", line); }

void ProblemList::Add(int line, absl::string_view text, bool fatal) {
  if (fatal) ++fatal_;
  if (found_.size() == kMaxAccessProblems) {
    // A fatal problem takes the place of a warning, so that the reason of a refusal is always told.
    ++left_out_;
    const auto warning =
        std::find_if(found_.rbegin(), found_.rend(), [](const Found& one) { return !one.problem.fatal; });
    if (!fatal || warning == found_.rend()) return;
    found_.erase(std::next(warning).base());
  }
  found_.push_back({line, {Place(line), std::string(text), fatal}});
}

void ProblemList::FatalAt(absl::string_view message) {
  int line = 1;
  absl::string_view rest = message;
  if (absl::ConsumePrefix(&rest, file_) && absl::ConsumePrefix(&rest, ":")) {
    const size_t colon = rest.find(':');
    if (colon != absl::string_view::npos && absl::SimpleAtoi(rest.substr(0, colon), &line))
      rest.remove_prefix(colon + 1);
    message = absl::StripPrefix(rest, " ");
  }
  Fatal(line, message);
}

absl::Status ProblemList::Finish(std::vector<AccessProblem>* problems) {
  std::stable_sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.line < b.line; });
  absl::Status first;
  for (const Found& found : found_) {
    if (found.problem.fatal && first.ok()) {
      first = absl::InvalidArgumentError(absl::StrCat(found.problem.place, ": ", found.problem.text));
    }
    if (problems != nullptr) problems->push_back(found.problem);
  }
  if (left_out_ > 0 && problems != nullptr) {
    problems->push_back({file_, absl::StrCat(left_out_, " more problems are not listed"), fatal_ > 0});
  }
  return first;
}

}  // namespace orch::auth

#include "cli/session/help_page.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/process/process_foreground.h"
#include "cli/options/shell_words.h"
#include "cli/terminal/display_width.h"

namespace orch::cli {
namespace {

constexpr size_t kLeastWidth = 30;  // for a narrower terminal, lines are not wrapped
constexpr size_t kFurtherIn = 4;

// Returns the column to which the rest of a line is indented.
size_t IndentOf(absl::string_view line, size_t columns) {
  const size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const size_t gap = line.find("  ", begin);
  const size_t column = gap == absl::string_view::npos ? gap : line.find_first_not_of(' ', gap);
  if (column != absl::string_view::npos && column <= columns * 2 / 3) return column;
  return std::min(begin > kFurtherIn * 2 ? begin : begin + kFurtherIn, columns / 2);
}

void AppendWrapped(absl::string_view line, size_t columns, std::string* out) {
  const size_t indent = IndentOf(line, columns);
  size_t at = std::min(line.find_first_not_of(' '), line.size());
  std::string now(at, ' ');
  while (at < line.size()) {
    const size_t end = std::min(line.find(' ', at), line.size());
    const size_t next = std::min(line.find_first_not_of(' ', end), line.size());
    absl::StrAppend(&now, line.substr(at, end - at));
    if (next == line.size()) break;
    const absl::string_view word = line.substr(next, line.find(' ', next) - next);
    if (DisplayWidth(now) + (next - end) + DisplayWidth(word) > columns) {
      absl::StrAppend(out, now, "\n");
      now = std::string(indent, ' ');
    } else {
      now.append(next - end, ' ');
    }
    at = next;
  }
  absl::StrAppend(out, now);
}

}  // namespace

std::string WrapHelp(absl::string_view text, size_t columns) {
  if (columns < kLeastWidth) return std::string(text);
  std::string out;
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!first) out += '\n';
    first = false;
    AppendWrapped(line, columns, &out);
  }
  return out;
}

void ShowHelp(Environment* env, absl::string_view text) {
  if (!env->out_is_terminal) return env->out->Write(text);
  const std::string page = WrapHelp(text, static_cast<size_t>(std::max(env->columns, 0)));
  const auto lines = std::count(page.begin(), page.end(), '\n');
  const auto pager = SplitShellWords(env->Variable("PAGER"), "PAGER");
  if (pager.ok() && !pager->empty() && lines >= env->rows) {
    env->out->Flush();
    if (RunInForeground(*pager, page).ok()) return;
  }
  env->out->Write(page);
}

}  // namespace orch::cli

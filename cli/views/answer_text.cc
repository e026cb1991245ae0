#include "cli/views/answer_text.h"

#include "absl/strings/str_cat.h"

namespace orch::cli {

bool IsShown(const Answer& answer, DisplayMode mode, ddl::Display ddl_display) {
  if (mode == DisplayMode::kDdl) {
    mode = ddl_display == ddl::Display::kAlways ? DisplayMode::kAll
           : ddl_display == ddl::Display::kOk   ? DisplayMode::kOk
                                                : DisplayMode::kFailed;
  }
  switch (mode) {
    case DisplayMode::kAll:
      return true;
    case DisplayMode::kOk:
      return answer.ok();
    case DisplayMode::kFailed:
      return !answer.ok();
    default:
      return false;
  }
}

std::string SummariesText(const ddl::Aggregator& aggregator, const Style& style) {
  std::string text;
  for (const ddl::Aggregator::Result& result : aggregator.Results()) {
    absl::StrAppend(&text, style.Bold(absl::StrCat(Printable(result.title), ":")), "\n\n");
    if (result.lines.empty()) {
      absl::StrAppend(&text, "     ", style.Yellow("No aggregate summary could be computed"), "\n");
    }
    for (const std::string& line : result.lines) absl::StrAppend(&text, "   ", Printable(line), "\n");
    text += "\n";
  }
  return text;
}

}  // namespace orch::cli

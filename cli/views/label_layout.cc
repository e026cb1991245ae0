#include "cli/views/label_layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/jobs/answer.h"
#include "cli/terminal/display_width.h"
#include "cli/terminal/style.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {
namespace {

constexpr size_t kLabelMargin = 3;

}  // namespace

std::string OutputLabel(const ddl::Action& action, const std::string& key) {
  const ddl::Output* output = action.FindOutput(key);
  return Printable(output == nullptr || output->display_as.empty() ? key : output->display_as);
}

std::string LabelLayout::Text(const Answer& answer, const ddl::Action& action) const {
  size_t longest = 0;
  for (const auto& item : answer.data.items())
    longest = std::max(longest, DisplayWidth(OutputLabel(action, item.key())));
  std::string text;
  for (const auto& item : answer.data.items()) {
    const std::string label = OutputLabel(action, item.key());
    absl::StrAppend(&text, PadLeft(label, longest + kLabelMargin), ": ",
                    DisplayBlock(item.value(), longest + kLabelMargin + 2), "\n");
  }
  return text;
}

}  // namespace orch::cli

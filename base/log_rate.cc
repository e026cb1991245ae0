#include "base/log_rate.h"

#include <algorithm>

namespace orch {

bool LogRate::Allow(absl::string_view message, absl::Duration now, std::vector<LeftOut>* said) {
  if (now >= window_end_) {
    EndWindow(said);
    window_end_ = now + kWindow;
  }
  if (lines_.size() >= kMaxMessages && !lines_.contains(message)) message = "others";
  const uint64_t lines = ++lines_[message];
  if (lines == kMostLines + 1) said->push_back({std::string(message), 0});
  return lines <= kMostLines;
}

void LogRate::EndWindow(std::vector<LeftOut>* said) {
  const size_t before = said->size();
  for (const auto& [message, lines] : lines_) {
    if (lines > kMostLines) said->push_back({message, lines - kMostLines});
  }
  std::sort(said->begin() + static_cast<std::ptrdiff_t>(before), said->end(),
            [](const LeftOut& a, const LeftOut& b) { return a.message < b.message; });
  lines_.clear();
}

}  // namespace orch

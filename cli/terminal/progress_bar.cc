#include "cli/terminal/progress_bar.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace orch::cli {

std::string ProgressBar::Draw(size_t done, size_t total) {
  done = std::min(done, total);
  const std::string counts = absl::StrCat(done, " / ", total);
  const int size = std::min(60, columns_ - 22);
  if (size < 1) return absl::StrCat("\r", counts);
  const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<size_t>(std::lround(share * size));
  const std::string bar =
      absl::StrCat(std::string(filled, '='), ">", std::string(static_cast<size_t>(size) - filled, ' '));
  const std::string spinner = done == total ? style_.Green("*") : style_.Red(std::string(1, "|/-\\"[spin_++ % 4]));
  return absl::StrCat("\r ", spinner, " [ ", bar, " ] ", counts);
}

}  // namespace orch::cli

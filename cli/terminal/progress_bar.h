// MCollective's progress bar, to the letter. Drawn on a terminal only.
#pragma once

#include <cstddef>
#include <string>

#include "cli/terminal/style.h"

namespace orch::cli {

// Pure: the bytes for each state.
class ProgressBar {
 public:
  // `columns` of the terminal; too narrow or 0: numbers only.
  ProgressBar(int columns, Style style) : columns_(columns), style_(style) {}

  // "\r | [ =====>      ] 2 / 6"; the next of | / - \ each time, * when done.
  std::string Draw(size_t done, size_t total);

 private:
  const int columns_;
  const Style style_;
  size_t spin_ = 0;
};

}  // namespace orch::cli

// MCollective's progress bar, byte for byte. HumanFrame owns it and draws it only on a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "cli/terminal/style.h"

namespace orch::cli {

// Returns bytes and writes nothing.
class ProgressBar {
 public:
  // With too few `columns` of the terminal, or 0, only numbers are drawn.
  ProgressBar(int columns, Style style) : columns_(columns), style_(style) {}

  // Returns "\r | [ =====>      ] 2 / 6". Each call shows the next of | / - \, and * at the end.
  std::string Draw(size_t done, size_t total);

 private:
  const int columns_;
  const Style style_;
  size_t spin_ = 0;
};

}  // namespace orch::cli

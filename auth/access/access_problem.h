// A fault in a file of rules. A plain value.
#pragma once

#include <cstddef>
#include <string>

namespace orch::auth {

inline constexpr size_t kMaxAccessProblems = 100;  // reported of one file

struct AccessProblem {
  std::string place;  // FILE:LINE
  std::string text;
  bool fatal = false;  // the file denies everything
};

}  // namespace orch::auth

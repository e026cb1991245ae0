// A word that completion offers. Pure.
#pragma once

#include <cstddef>
#include <string>

namespace orch::cli {

inline constexpr size_t kMaxCandidates = 500;  // of one answer

struct Candidate {
  std::string word;  // the whole word as it would stand on the line
  std::string help;  // one line, or empty
};

}  // namespace orch::cli

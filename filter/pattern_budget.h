// Counts the patterns of one filter. Filter::Parse owns it for one call.
#pragma once

#include <cstddef>

namespace orch::filter {

// Largest number of patterns in one filter. Together they use at most 64 MiB while they search.
inline constexpr size_t kMaxPatterns = 128;

class PatternBudget {
 public:
  // Counts one more pattern. False if the filter has too many.
  bool Take() { return ++taken_ <= kMaxPatterns; }

 private:
  size_t taken_ = 0;
};

}  // namespace orch::filter

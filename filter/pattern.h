// A regular expression of the filter language: RE2, unanchored search over a whole text. Compiled
// once; immutable and safe to use from several threads. Linear in the text, bounded in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace orch::filter {

// For one compiled pattern and what it caches while searching. RE2 refuses larger ones.
inline constexpr int64_t kMaxPatternMemory = 8 << 20;

// For all patterns of one filter together, in instructions of RE2's program (16 bytes each) plus a
// fixed cost a pattern: some 30,000 small ones, or 20 of the largest RE2 takes.
inline constexpr size_t kMaxPatternSize = 2 << 20;

class PatternBudget {
 public:
  // False when that much is no longer left.
  bool Take(size_t size) {
    if (size > left_) return false;
    left_ -= size;
    return true;
  }

 private:
  size_t left_ = kMaxPatternSize;
};

class Pattern {
 public:
  // `source` without delimiters, not empty. InvalidArgument with RE2's own words.
  static absl::StatusOr<std::shared_ptr<const Pattern>> Compile(absl::string_view source, bool ignore_case);
  ~Pattern();

  bool Finds(absl::string_view text) const;

  // What it costs of a PatternBudget.
  size_t size() const;
  const std::string& source() const { return source_; }
  bool ignore_case() const { return ignore_case_; }
  // As in a filter: /source/ or /source/i.
  std::string Written() const;

 private:
  Pattern(absl::string_view source, bool ignore_case);

  const std::string source_;
  const bool ignore_case_;
  const std::unique_ptr<re2::RE2> regex_;
};

}  // namespace orch::filter

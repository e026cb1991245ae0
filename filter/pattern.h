// A regular expression of the filter language: RE2, unanchored search over a whole text. Compiled
// once; immutable and safe to use from several threads. Bounded in memory and in the time of one
// search: RE2's slowest way takes the size of its program for each byte of the text.
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

// For one compiled pattern and what it caches while searching.
inline constexpr int64_t kMaxPatternMemory = 512 << 10;

// Instructions of RE2's program: `.{1000}` has 8,004. The longest text takes them half a second at worst.
inline constexpr int kMaxPatternSize = 8200;

// In one filter: together they take at most 64 MiB while they search.
inline constexpr size_t kMaxPatterns = 128;

// A longer text is not searched; no pattern is found in it (docs/FILTERS.md).
inline constexpr size_t kMaxSearchedBytes = 4096;

class PatternBudget {
 public:
  // False when the filter may have no further pattern.
  bool Take() { return ++taken_ <= kMaxPatterns; }

 private:
  size_t taken_ = 0;
};

class Pattern {
 public:
  // `source` without delimiters, not empty. InvalidArgument with RE2's own words.
  static absl::StatusOr<std::shared_ptr<const Pattern>> Compile(absl::string_view source, bool ignore_case);
  ~Pattern();

  // False for a text of more than kMaxSearchedBytes, whatever is in it.
  bool Finds(absl::string_view text) const;
  // The steps which Finds takes at most.
  uint64_t Steps(absl::string_view text) const;

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

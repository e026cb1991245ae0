// A regular expression of the filter language: an unanchored search by RE2. It is compiled once, immutable, and may be
// shared between threads. Memory and time of one search are bounded; at worst RE2 takes the size of its program for
// each byte of the text.
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

// Memory of one compiled pattern and of its caches while it searches.
inline constexpr int64_t kMaxPatternMemory = 512 << 10;

// Instructions of RE2's program; `.{1000}` has 8,004. At worst such a program takes half a second for the longest text.
inline constexpr int kMaxPatternSize = 8200;

// A longer text is not searched, so no pattern matches it (docs/FILTERS.md).
inline constexpr size_t kMaxSearchedBytes = 4096;

class Pattern {
 public:
  // `source` has no delimiters and is not empty. InvalidArgument with the message of RE2.
  static absl::StatusOr<std::shared_ptr<const Pattern>> Compile(absl::string_view source, bool ignore_case);
  ~Pattern();

  // Whether the pattern occurs in `text`. Always false for a text of more than kMaxSearchedBytes.
  bool Finds(absl::string_view text) const;
  // An upper bound of the steps that Finds takes.
  uint64_t Steps(absl::string_view text) const;

  const std::string& source() const { return source_; }
  bool ignore_case() const { return ignore_case_; }
  // Returns the pattern as a filter has it: /source/ or /source/i.
  std::string Written() const;

 private:
  Pattern(absl::string_view source, bool ignore_case);

  const std::string source_;
  const bool ignore_case_;
  const std::unique_ptr<re2::RE2> regex_;
};

}  // namespace orch::filter

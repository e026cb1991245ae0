// Values of options that several tables share, and their parsers. Pure.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::cli {

// A count or a percentage, written "N" or "N%".
struct Amount {
  uint32_t count = 0;
  uint32_t percent = 0;  // 1..100
  bool set() const { return count > 0 || percent > 0; }
};
// InvalidArgument unless `text` is a whole number above 0, or a percentage from 1% to 100%.
absl::StatusOr<Amount> ParseAmount(absl::string_view text);
// Parses seconds, with fractions, or a duration such as "500ms" or "2m"; at most one week.
absl::StatusOr<absl::Duration> ParseSeconds(absl::string_view text, bool zero_allowed);

}  // namespace orch::cli

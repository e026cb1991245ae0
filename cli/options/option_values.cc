#include "cli/options/option_values.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/option_table.h"

namespace orch::cli {

absl::StatusOr<Amount> ParseAmount(absl::string_view text) {
  absl::string_view digits = text;
  const bool percent = absl::ConsumeSuffix(&digits, "%");
  uint32_t number = 0;
  const bool is_number = digits.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!is_number || !absl::SimpleAtoi(digits, &number) || number == 0 || (percent && number > 100)) {
    return WrongOption(absl::StrCat("'", text, "' is neither a number above 0 nor 1% to 100%"));
  }
  return percent ? Amount{0, number} : Amount{number, 0};
}

absl::StatusOr<absl::Duration> ParseSeconds(absl::string_view text, bool zero_allowed) {
  absl::Duration duration;
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    duration = -absl::Seconds(1);
  }
  if (!(duration >= absl::ZeroDuration()) || duration > absl::Hours(24 * 7) ||
      (!zero_allowed && duration < absl::Milliseconds(1))) {
    return WrongOption(
        absl::StrCat("'", text, "' is no time; give seconds, ", zero_allowed ? "0" : "more than 0", " to one week"));
  }
  return duration;
}

}  // namespace orch::cli

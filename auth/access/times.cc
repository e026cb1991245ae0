#include "auth/access/times.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"

namespace orch::auth {
namespace {

constexpr size_t kDateBytes = 10;  // 2026-12-20
constexpr uint32_t kMaxDays = 36'500;

bool StartsWithDigit(absl::string_view text) {
  return !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0]));
}

}  // namespace

absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text) {
  const auto refused = absl::InvalidArgumentError(
      absl::StrCat("'", Printable(text), "' is no duration; write one such as 90m, 24h, 2d or 1d12h"));
  absl::Duration days, rest;
  absl::string_view left = text;
  if (const size_t letter = text.find('d'); letter != absl::string_view::npos) {
    uint32_t count;
    if (!StartsWithDigit(text) || !absl::SimpleAtoi(text.substr(0, letter), &count) || count > kMaxDays) return refused;
    days = absl::Hours(24) * count;
    left = text.substr(letter + 1);
    if (left.empty()) return days;
  }
  if (!StartsWithDigit(left) || left == "0" || !absl::ParseDuration(left, &rest) || rest == absl::InfiniteDuration()) {
    return refused;
  }
  return days + rest;
}

absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, bool end_of_day) {
  absl::Time time;
  std::string error;
  if (StartsWithDigit(text) && text.size() == kDateBytes && absl::ParseTime("%Y-%m-%d", text, &time, &error)) {
    return end_of_day ? time + absl::Hours(24) : time;
  }
  if (StartsWithDigit(text) && text.size() > kDateBytes && absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return time;
  }
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' is no date", error.empty() ? "" : " (", error,
                                                 error.empty() ? "" : ")",
                                                 "; write 2026-12-20 for a whole day in UTC, or 2026-12-20T08:00:00Z"));
}

}  // namespace orch::auth

// Times and durations as access.yaml writes them. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::auth {

// "24h", "90m", "2d", "1d12h"; InvalidArgument tells what is expected.
absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text);

// A date with a time and a zone (RFC 3339), or a date alone, which is the whole day in UTC: its beginning, or with
// `end_of_day` its end.
absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, bool end_of_day);

}  // namespace orch::auth

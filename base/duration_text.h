// Writes durations for people, in messages: "6.5s", "1m30s", "350ms". Settings are written with absl::FormatDuration
// instead, which does not round. Pure.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace orch {

// Rounds to milliseconds below a second, to tenths of a second below a minute, and to seconds above.
inline std::string DurationText(absl::Duration time) {
  const absl::Duration unit = time < absl::Seconds(1)   ? absl::Milliseconds(1)
                              : time < absl::Minutes(1) ? absl::Milliseconds(100)
                                                        : absl::Seconds(1);
  return absl::FormatDuration(absl::Floor(time + unit / 2, unit));
}

}  // namespace orch

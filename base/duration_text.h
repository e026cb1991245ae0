// Durations as people say them, for messages: "6.5s", "1m30s", "350ms". Settings are written with
// absl::FormatDuration, which loses nothing.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace orch {

// Rounded to three digits or so: below a second to milliseconds, below a minute to tenths, else to seconds.
inline std::string DurationText(absl::Duration time) {
  const absl::Duration unit = time < absl::Seconds(1)   ? absl::Milliseconds(1)
                              : time < absl::Minutes(1) ? absl::Milliseconds(100)
                                                        : absl::Seconds(1);
  return absl::FormatDuration(absl::Floor(time + unit / 2, unit));
}

}  // namespace orch

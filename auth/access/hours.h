// Times of the week in which a rule holds: "Mon-Fri 08:00-18:00 Europe/Berlin". A value; pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::auth {

class Hours {
 public:
  Hours() = default;  // always
  // Days (Mon-Fri, Sat,Sun, *) and times (08:00-18:00; 22:00-06:00 goes over midnight and belongs to the day on which
  // it begins), then a zone of the system's database; without one UTC. InvalidArgument tells what is expected.
  static absl::StatusOr<Hours> Parse(absl::string_view text);
  // The times that both have.
  static Hours Both(const Hours& a, const Hours& b);
  bool Holds(absl::Time now) const;
  bool always() const { return windows_.empty(); }
  const std::string& text() const { return text_; }

 private:
  struct Window {
    uint8_t days = 0x7f;  // 1 << weekday, Monday first
    int from_minute = 0;
    int to_minute = 24 * 60;
    absl::TimeZone zone;
    bool Holds(absl::Time now) const;
  };
  std::string text_;
  std::vector<Window> windows_;  // all of them hold
};

}  // namespace orch::auth

#include "base/duration_text.h"

#include <gtest/gtest.h>

namespace orch {
namespace {

TEST(DurationTextTest, SaysWhatPeopleWouldSay) {
  EXPECT_EQ(DurationText(absl::Nanoseconds(6'499'916'436)), "6.5s");
  EXPECT_EQ(DurationText(absl::Seconds(10)), "10s");
  EXPECT_EQ(DurationText(absl::Milliseconds(349) + absl::Microseconds(700)), "350ms");
  EXPECT_EQ(DurationText(absl::Seconds(90) - absl::Nanoseconds(1)), "1m30s");
  EXPECT_EQ(DurationText(absl::Milliseconds(59'990)), "1m");
  EXPECT_EQ(DurationText(absl::ZeroDuration()), "0");
  EXPECT_EQ(DurationText(absl::InfiniteDuration()), "inf");
}

}  // namespace
}  // namespace orch

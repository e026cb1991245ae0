#include "auth/replay_guard.h"

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

using Seen = ReplayGuard::Seen;

TEST(ReplayGuardTest, KnowsANonceForAWholeWindowWheneverItCame) {
  for (int offset = 0; offset < 100; offset += 9) {
    ManualClock clock;
    ReplayGuard guard(&clock, absl::Seconds(100), 1000);
    clock.Advance(absl::Seconds(offset));
    EXPECT_EQ(guard.Check("n"), Seen::kNew);
    for (int second = 0; second < 100; second += 3) {
      EXPECT_EQ(guard.Check("n"), Seen::kReplay) << offset << " + " << second;
      clock.Advance(absl::Seconds(3));
    }
  }
}

TEST(ReplayGuardTest, ForgetsAfterTwoWindows) {
  ManualClock clock;
  ReplayGuard guard(&clock, absl::Seconds(100), 1000);
  EXPECT_EQ(guard.Check("n"), Seen::kNew);
  clock.Advance(absl::Seconds(200));
  EXPECT_EQ(guard.Check("other"), Seen::kNew);
  EXPECT_EQ(guard.size(), 1u);
  EXPECT_EQ(guard.Check("n"), Seen::kNew);
}

TEST(ReplayGuardTest, AcceptsNothingNewBeyondItsBoundUntilAGenerationEnds) {
  ManualClock clock;
  ReplayGuard guard(&clock, absl::Seconds(100), 10);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(guard.Check(absl::StrCat(i)), Seen::kNew);
  EXPECT_EQ(guard.Check("one more"), Seen::kFull);
  EXPECT_EQ(guard.Check("3"), Seen::kReplay) << "a repeat stays one";
  EXPECT_EQ(guard.size(), 10u);
  clock.Advance(absl::Seconds(100));
  EXPECT_EQ(guard.Check("one more"), Seen::kFull) << "the old generation still counts";
  clock.Advance(absl::Seconds(100));
  EXPECT_EQ(guard.Check("one more"), Seen::kNew);
  EXPECT_EQ(guard.size(), 1u);
}

TEST(ReplayGuardTest, AJumpOfTheWallClockForgetsNothing) {
  ManualClock clock;
  ReplayGuard guard(&clock, absl::Seconds(100), 10);
  EXPECT_EQ(guard.Check("n"), Seen::kNew);
  clock.JumpWall(absl::Hours(5));
  EXPECT_EQ(guard.Check("n"), Seen::kReplay);
}

}  // namespace
}  // namespace orch::auth

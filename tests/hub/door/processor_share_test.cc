#include "services/hub/door/processor_share.h"

#include "gtest/gtest.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kShareStart = absl::Hours(5);

TEST(ProcessorShareTest, AQuarterOfASecondsShareMayBeUsedAtOnce) {
  ProcessorShare share(0.4);
  share.Charge(0.09, kShareStart);
  EXPECT_EQ(share.Wait(kShareStart), absl::ZeroDuration());
  share.Charge(0.05, kShareStart);
  EXPECT_GT(share.Wait(kShareStart), absl::Milliseconds(99));
}

TEST(ProcessorShareTest, DebtIsPaidAtTheRateOfTheShare) {
  ProcessorShare share(0.4);
  share.Charge(0.5, kShareStart);
  EXPECT_NEAR(absl::ToDoubleSeconds(share.Wait(kShareStart)), 1, 1e-3);
  EXPECT_NEAR(absl::ToDoubleSeconds(share.Wait(kShareStart + absl::Milliseconds(600))), 0.4, 1e-3);
  EXPECT_EQ(share.Wait(kShareStart + absl::Milliseconds(1001)), absl::ZeroDuration());
}

TEST(ProcessorShareTest, ChargesTheTimeThatTheThreadHasWorked) {
  ProcessorShare share(0.0001);
  share.Begin();
  volatile uint64_t work = 0;
  for (int i = 0; i < 1'000'000; ++i) work = work + 1;
  share.End(0, kShareStart);
  EXPECT_EQ(share.Wait(kShareStart), absl::ZeroDuration());
  share.End(1, kShareStart);
  EXPECT_GT(share.Wait(kShareStart), absl::ZeroDuration());
}

TEST(ProcessorShareTest, WhatIsSparedIsNotCharged) {
  ProcessorShare share(0.0001);
  share.Begin();
  const double begin = ProcessorShare::ThreadSeconds();
  volatile uint64_t work = 0;
  for (int i = 0; i < 1'000'000; ++i) work = work + 1;
  share.Spare(ProcessorShare::ThreadSeconds() - begin);
  share.End(1, kShareStart);
  EXPECT_LT(share.Wait(kShareStart), absl::Seconds(1)) << "a millisecond of work would be ten seconds";
}

}  // namespace
}  // namespace orch::hub

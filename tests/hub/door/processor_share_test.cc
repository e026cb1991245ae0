#include "services/hub/door/processor_share.h"

#include "gtest/gtest.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kStart = absl::Hours(5);

TEST(ProcessorShareTest, AQuarterOfASecondsShareMayBeUsedAtOnce) {
  ProcessorShare share(0.4);
  share.Charge(0.09, kStart);
  EXPECT_EQ(share.Wait(kStart), absl::ZeroDuration());
  share.Charge(0.05, kStart);
  EXPECT_GT(share.Wait(kStart), absl::Milliseconds(99));
}

TEST(ProcessorShareTest, DebtIsPaidAtTheRateOfTheShare) {
  ProcessorShare share(0.4);
  share.Charge(0.5, kStart);
  EXPECT_NEAR(absl::ToDoubleSeconds(share.Wait(kStart)), 1, 1e-3);
  EXPECT_NEAR(absl::ToDoubleSeconds(share.Wait(kStart + absl::Milliseconds(600))), 0.4, 1e-3);
  EXPECT_EQ(share.Wait(kStart + absl::Milliseconds(1001)), absl::ZeroDuration());
}

TEST(ProcessorShareTest, ChargesTheTimeThatTheThreadHasWorked) {
  ProcessorShare share(0.0001);
  share.Begin();
  volatile uint64_t work = 0;
  for (int i = 0; i < 1'000'000; ++i) work = work + 1;
  share.End(0, kStart);
  EXPECT_EQ(share.Wait(kStart), absl::ZeroDuration());
  share.End(1, kStart);
  EXPECT_GT(share.Wait(kStart), absl::ZeroDuration());
}

}  // namespace
}  // namespace orch::hub

#include "base/backoff.h"

#include <string>

#include "gtest/gtest.h"

namespace orch {
namespace {

// Every byte the same: 0x00 makes Uniform 0, 0xff makes it all but 1.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(char byte) : byte_(byte) {}
  std::string Bytes(size_t size) override { return std::string(size, byte_); }

 private:
  const char byte_;
};

TEST(BackoffTest, DoublesUpToTheCeiling) {
  ConstantRandom high('\xff');
  Backoff backoff(absl::Seconds(1), absl::Seconds(60), &high);
  const absl::Duration slack = absl::Milliseconds(1);
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
    const absl::Duration wait = backoff.Next();
    EXPECT_LE(wait, absl::Seconds(seconds));
    EXPECT_GE(wait, absl::Seconds(seconds) - slack);
  }
}

TEST(BackoffTest, NeverWaitsLessThanHalfTheFloor) {
  ConstantRandom low('\0');
  Backoff backoff(absl::Seconds(1), absl::Seconds(60), &low);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(backoff.Next(), absl::Milliseconds(500));
}

TEST(BackoffTest, StartsAgainAfterReset) {
  ConstantRandom high('\xff');
  Backoff backoff(absl::Seconds(1), absl::Seconds(60), &high);
  for (int i = 0; i < 10; ++i) backoff.Next();
  EXPECT_GT(backoff.Next(), absl::Seconds(59));
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Seconds(1));
}

TEST(BackoffTest, SpreadsPeersOverTheWholeSpan) {
  SystemRandom random;
  int early = 0, late = 0;
  for (int i = 0; i < 400; ++i) {
    Backoff backoff(absl::Seconds(8), absl::Seconds(60), &random);
    backoff.Next();
    const absl::Duration wait = backoff.Next();  // uniform in [0, 16 s), not below 4 s
    EXPECT_GE(wait, absl::Seconds(4));
    EXPECT_LT(wait, absl::Seconds(16));
    (wait < absl::Seconds(8) ? early : late)++;
  }
  // Half and half; 200 ± 100 is ten standard deviations.
  EXPECT_GT(early, 100);
  EXPECT_GT(late, 100);
}

}  // namespace
}  // namespace orch

#include "base/token_bucket.h"

#include "gtest/gtest.h"

namespace orch {
namespace {

constexpr absl::Duration kStart = absl::Seconds(100);

TEST(TokenBucketTest, StartsFullAndRefusesBeyondTheBurst) {
  TokenBucket bucket(10, 3);
  EXPECT_TRUE(bucket.full(kStart));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.TryTake(1, kStart)) << i;
  EXPECT_FALSE(bucket.TryTake(1, kStart));
  EXPECT_EQ(bucket.Wait(kStart), absl::ZeroDuration()) << "nothing is owed";
}

TEST(TokenBucketTest, ComesBackAtItsRateAndNeverBeyondTheBurst) {
  TokenBucket bucket(10, 3);
  bucket.Take(3, kStart);
  EXPECT_FALSE(bucket.TryTake(1, kStart + absl::Milliseconds(99)));
  EXPECT_TRUE(bucket.TryTake(1, kStart + absl::Milliseconds(101)));
  EXPECT_FALSE(bucket.full(kStart + absl::Milliseconds(399)));
  EXPECT_TRUE(bucket.full(kStart + absl::Milliseconds(401)));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.TryTake(1, kStart + absl::Hours(1)));
  EXPECT_FALSE(bucket.TryTake(1, kStart + absl::Hours(1)));
}

TEST(TokenBucketTest, ARefusedTakeCostsNothing) {
  TokenBucket bucket(1, 2);
  EXPECT_FALSE(bucket.TryTake(2.5, kStart));
  EXPECT_TRUE(bucket.TryTake(2, kStart));
}

TEST(TokenBucketTest, APieceLargerThanTheBurstPassesAndIsPaidForAfterwards) {
  TokenBucket bucket(100, 50);
  bucket.Take(250, kStart);
  EXPECT_EQ(bucket.Wait(kStart), absl::Seconds(2));
  EXPECT_EQ(bucket.Wait(kStart + absl::Seconds(1)), absl::Seconds(1));
  EXPECT_FALSE(bucket.TryTake(1, kStart + absl::Seconds(2)));
  EXPECT_EQ(bucket.Wait(kStart + absl::Seconds(2)), absl::ZeroDuration());
}

TEST(TokenBucketTest, TimeThatStandsStillOrGoesBackGivesNothing) {
  TokenBucket bucket(1000, 1);
  EXPECT_TRUE(bucket.TryTake(1, kStart));
  EXPECT_FALSE(bucket.TryTake(1, kStart - absl::Seconds(50)));
  EXPECT_FALSE(bucket.TryTake(1, kStart));
}

TEST(TokenBucketTest, WorksFromTheFirstMomentOfTheClock) {
  TokenBucket bucket(1, 1);
  EXPECT_TRUE(bucket.TryTake(1, absl::ZeroDuration()));
  EXPECT_TRUE(bucket.TryTake(1, absl::Seconds(1))) << "a second after the clock's zero a token is back";
}

}  // namespace
}  // namespace orch

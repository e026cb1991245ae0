#include "base/lifetime.h"

#include <optional>

#include "gtest/gtest.h"

namespace orch {
namespace {

TEST(LifetimeTest, AWatchKnowsWhetherItsOwnerExists) {
  std::optional<Lifetime> owner(std::in_place);
  const Lifetime::Watch watch = owner->watch();
  const Lifetime::Watch copy = watch;
  EXPECT_FALSE(watch.ended());
  owner.reset();
  EXPECT_TRUE(watch.ended());
  EXPECT_TRUE(copy.ended());
}

TEST(LifetimeTest, AnOwnerMayEndItEarly) {
  Lifetime owner;
  const Lifetime::Watch watch = owner.watch();
  owner.End();
  EXPECT_TRUE(watch.ended());
  EXPECT_TRUE(owner.watch().ended());
}

}  // namespace
}  // namespace orch

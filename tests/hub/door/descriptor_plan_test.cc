#include "services/hub/door/descriptor_plan.h"

#include "gtest/gtest.h"

namespace orch::hub {
namespace {

TEST(DescriptorPlanTest, ManyDescriptorsGiveStrangersAndLingeringClosesTheirMost) {
  const DescriptorPlan plan = PlanDescriptors(100'000, 500);
  EXPECT_EQ(plan.strangers, 500u);
  EXPECT_EQ(plan.lingering, 252u);
  EXPECT_EQ(plan.open_files, 100'000 - kFilesAside - 500 - kMaxLingering);
}

TEST(DescriptorPlanTest, HalfOfFewDescriptorsStaysForOpenConnections) {
  const DescriptorPlan plan = PlanDescriptors(256, 500);
  EXPECT_EQ(plan.strangers, 64u);
  EXPECT_EQ(plan.lingering, 32u);
  EXPECT_EQ(plan.open_files, 96u);
}

TEST(DescriptorPlanTest, NeverPromisesMoreThanThereIs) {
  for (size_t files = 0; files < 3000; ++files) {
    for (const size_t strangers : {1, 20, 500, 5000}) {
      const DescriptorPlan plan = PlanDescriptors(files, strangers);
      EXPECT_GE(plan.strangers, 1u);
      if (files < 8) continue;  // one stranger is always planned
      EXPECT_LE(plan.strangers + plan.lingering + plan.open_files, files);
    }
  }
}

TEST(DescriptorPlanTest, TheProcessHasALimit) { EXPECT_GT(DescriptorLimit(), 0u); }

}  // namespace
}  // namespace orch::hub

#include "filter/hub_fact.h"

#include "gtest/gtest.h"
#include "services/hub/nodes/fact_table/fact_table.h"

namespace orch::hub {
namespace {

TEST(HubFactTest, NamesThatOnlyTheHubMaySay) {
  EXPECT_TRUE(filter::IsHubFact("trusted"));
  EXPECT_TRUE(filter::IsHubFact("trusted.role"));
  EXPECT_TRUE(filter::IsHubFact("trusted."));
  EXPECT_FALSE(filter::IsHubFact("trusted_by"));
  EXPECT_FALSE(filter::IsHubFact("trust"));
  EXPECT_FALSE(filter::IsHubFact("my.trusted"));
}

TEST(HubFactTest, ItIsNeitherSetNorRemovedNorCountedByOthers) {
  FactTable table;
  const Slot slot = *table.Upsert("a", {{"trusted", {{"role", "db"}}}, {"os", "x"}}, {}, {}, {});
  EXPECT_EQ(table.FreezeNode(slot).facts(), Json({{"os", "x"}}));
  EXPECT_TRUE(table.SetHubFact(slot, {{"role", "web"}}));
  EXPECT_FALSE(table.SetHubFact(slot, {{"role", "web"}})) << "no change";
  ASSERT_TRUE(table.Upsert("a", {{"os", "y"}}, {}, {}, {}).ok());
  ASSERT_TRUE(table.ApplyFactsDelta(slot, {{"trusted", "me"}}, {"trusted"}).ok());
  EXPECT_EQ(table.FreezeNode(slot).facts(), Json({{"os", "y"}, {"trusted", {{"role", "web"}}}}));
  EXPECT_TRUE(table.SetHubFact(slot, nullptr));
  EXPECT_FALSE(table.SetHubFact(slot, nullptr));
  EXPECT_EQ(table.FreezeNode(slot).facts(), Json({{"os", "y"}}));
}

// A weight that were wrong by the hub's fact would underflow, and then every change would be refused.
TEST(HubFactTest, TheWeightOfANodesFactsStaysRight) {
  FactTable table;
  const Slot slot = *table.Upsert("a", {{"os", "x"}}, {}, {}, {});
  for (int i = 0; i < 3; ++i) {
    table.SetHubFact(slot, {{"role", std::string(200, 'x')}});
    ASSERT_TRUE(table.ApplyFactsDelta(slot, {{"trusted", std::string(100, 'y')}}, {"trusted"}).ok());
    table.SetHubFact(slot, nullptr);
  }
  ASSERT_TRUE(table.ApplyFactsDelta(slot, Json::object(), {"os"}).ok());
  EXPECT_TRUE(table.ApplyFactsDelta(slot, {{"os", "z"}}, {}).ok());
}

}  // namespace
}  // namespace orch::hub

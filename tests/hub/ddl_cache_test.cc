#include "services/hub/nodes/ddl_cache.h"

#include "base/digest.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/sample_ddl.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DdlCacheTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  DdlCache cache_{&clock_, &executor_};
  const std::string text_ = SampleDdl("rpcutil", "1.0");
  const std::vector<PluginAnnouncement> plugins_ = {{"rpcutil", "1.0", Sha256(text_)}};
};

TEST_F(DdlCacheTest, ATextIsAskedForOnceAndAgainElsewhereWhenNoneCame) {
  cache_.Announce(plugins_);
  cache_.Announce(plugins_);
  EXPECT_THAT(cache_.Wanted(plugins_), ElementsAre(Sha256(text_)));
  EXPECT_THAT(cache_.Wanted(plugins_), IsEmpty());
  EXPECT_FALSE(cache_.HasOverdue());
  clock_.Advance(DdlCache::kAskAgainAfter);
  EXPECT_TRUE(cache_.HasOverdue());
  EXPECT_THAT(cache_.Wanted(plugins_), SizeIs(1));
  ASSERT_TRUE(cache_.Learn(text_).ok());
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(cache_.HasOverdue());
  EXPECT_THAT(cache_.Wanted(plugins_), IsEmpty());
}

TEST_F(DdlCacheTest, CountsAttachedNodesByText) {
  const std::string newer = SampleDdl("rpcutil", "2.0");
  const std::vector<PluginAnnouncement> upgraded = {{"rpcutil", "2.0", Sha256(newer)}};
  cache_.Announce(plugins_);
  cache_.Announce(upgraded);
  cache_.Announce(upgraded);
  ASSERT_THAT(cache_.Named("rpcutil"), SizeIs(2));
  EXPECT_EQ(cache_.Named("rpcutil")[0]->version, "2.0");
  EXPECT_EQ(cache_.Named("rpcutil")[0]->nodes, 2u);
  EXPECT_EQ(cache_.All()[0]->version, "1.0");
  cache_.Withdraw(plugins_);
  EXPECT_THAT(cache_.Named("rpcutil"), SizeIs(1));
}

TEST_F(DdlCacheTest, WhatNodesNowGoneAnnouncedIsStillKnown) {
  cache_.Announce(plugins_);
  ASSERT_TRUE(cache_.Learn(text_).ok());
  cache_.Withdraw(plugins_);
  EXPECT_THAT(cache_.All(), IsEmpty());
  ASSERT_THAT(cache_.Named("rpcutil"), SizeIs(1));
  EXPECT_NE(cache_.Named("rpcutil")[0]->plugin, nullptr);
}

TEST_F(DdlCacheTest, RefusesATextNobodyAnnounced) {
  cache_.Announce(plugins_);
  EXPECT_EQ(cache_.Learn(SampleDdl("rpcutil", "9")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(cache_.Learn(std::string(ddl::kMaxDdlBytes + 1, ' ')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(cache_.Find(Sha256(text_))->plugin, nullptr);
}

TEST_F(DdlCacheTest, RemembersATextThatIsNoDdl) {
  const std::string bad = "{\"metadata\": 3}";
  const std::vector<PluginAnnouncement> announced = {{"bad", "1", Sha256(bad)}};
  cache_.Announce(announced);
  EXPECT_TRUE(cache_.Learn(bad).ok());
  EXPECT_FALSE(cache_.Find(Sha256(bad))->problem.empty());
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(cache_.Wanted(announced), IsEmpty());
}

TEST_F(DdlCacheTest, RefusesATextOfAnotherPlugin) {
  const std::vector<PluginAnnouncement> announced = {{"package", "1.0", Sha256(text_)}};
  cache_.Announce(announced);
  ASSERT_TRUE(cache_.Learn(text_).ok());
  EXPECT_EQ(cache_.Find(Sha256(text_))->plugin, nullptr);
  EXPECT_FALSE(cache_.Find(Sha256(text_))->problem.empty());
}

TEST_F(DdlCacheTest, WakesWhoWaitsWhenTheTextComesOrTheTimeIsOver) {
  cache_.Announce(plugins_);
  int woken = 0;
  ASSERT_TRUE(cache_.Await(Sha256(text_), absl::Seconds(5), [&woken] { ++woken; }));
  executor_.Advance(absl::Seconds(4));
  EXPECT_EQ(woken, 0);
  ASSERT_TRUE(cache_.Learn(text_).ok());
  executor_.RunUntilIdle();
  EXPECT_EQ(woken, 1);
  ASSERT_TRUE(cache_.Await(Sha256("never"), absl::Seconds(5), [&woken] { ++woken; }));
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(woken, 2);
}

TEST_F(DdlCacheTest, HoldsABoundedNumberOfCallersAndTexts) {
  for (size_t i = 0; i < DdlCache::kMaxWaiters; ++i) ASSERT_TRUE(cache_.Await("x", absl::Seconds(5), [] {}));
  EXPECT_FALSE(cache_.Await("x", absl::Seconds(5), [] {}));
  for (size_t i = 0; i < DdlCache::kMaxDdls + 10; ++i) {
    const std::vector<PluginAnnouncement> one = {{"p" + std::to_string(i), "1", Sha256(std::to_string(i))}};
    cache_.Announce(one);
    cache_.Withdraw(one);
  }
  EXPECT_LE(cache_.Names().size(), DdlCache::kMaxDdls);
  cache_.Announce(plugins_);  // what nobody announces any more made room
  EXPECT_THAT(cache_.Named("rpcutil"), SizeIs(1));
}

}  // namespace
}  // namespace orch::hub

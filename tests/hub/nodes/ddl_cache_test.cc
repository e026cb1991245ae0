#include "services/hub/nodes/ddl_cache.h"

#include "absl/strings/str_replace.h"
#include "base/digest.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/sample_ddl.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
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
  for (const Slot slot : {3, 5, 900}) cache_.Announce(slot, {}, plugins_);
  EXPECT_THAT(cache_.Wanted(3, plugins_), ElementsAre(Sha256(text_)));
  EXPECT_THAT(cache_.Wanted(5, plugins_), IsEmpty());
  EXPECT_THAT(cache_.TakeOverdue(), IsEmpty());
  // A node that never answers is asked in its turn only.
  for (const Slot next : {5, 900, 3, 5}) {
    clock_.Advance(DdlCache::kAskAgainAfter);
    EXPECT_THAT(cache_.TakeOverdue(), ElementsAre(Pair(next, Sha256(text_))));
    EXPECT_THAT(cache_.TakeOverdue(), IsEmpty());
  }
  cache_.Withdraw(900, plugins_);
  clock_.Advance(DdlCache::kAskAgainAfter);
  EXPECT_THAT(cache_.TakeOverdue(), ElementsAre(Pair(3, Sha256(text_))));
  ASSERT_TRUE(cache_.Learn(text_).ok());
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(cache_.TakeOverdue(), IsEmpty());
  EXPECT_THAT(cache_.Wanted(5, plugins_), IsEmpty());
}

TEST_F(DdlCacheTest, CountsAttachedNodesByText) {
  const std::string newer = SampleDdl("rpcutil", "2.0");
  const std::vector<PluginAnnouncement> upgraded = {{"rpcutil", "2.0", Sha256(newer)}};
  cache_.Announce(1, {}, plugins_);
  cache_.Announce(2, {}, upgraded);
  cache_.Announce(3, {}, upgraded);
  cache_.Announce(3, upgraded, upgraded);  // said again
  ASSERT_THAT(cache_.Named("rpcutil"), SizeIs(2));
  EXPECT_EQ(cache_.Named("rpcutil")[0]->version, "2.0");
  EXPECT_EQ(cache_.Named("rpcutil")[0]->nodes, 2u);
  EXPECT_EQ(cache_.All()[0]->version, "1.0");
  cache_.Withdraw(1, plugins_);
  cache_.Withdraw(1, plugins_);
  EXPECT_THAT(cache_.Named("rpcutil"), SizeIs(1));
}

TEST_F(DdlCacheTest, WhatNodesNowGoneAnnouncedIsStillKnown) {
  cache_.Announce(1, {}, plugins_);
  ASSERT_TRUE(cache_.Learn(text_).ok());
  cache_.Withdraw(1, plugins_);
  EXPECT_THAT(cache_.All(), IsEmpty());
  ASSERT_THAT(cache_.Named("rpcutil"), SizeIs(1));
  EXPECT_NE(cache_.Named("rpcutil")[0]->plugin, nullptr);
}

TEST_F(DdlCacheTest, RefusesATextNobodyAnnounced) {
  cache_.Announce(1, {}, plugins_);
  EXPECT_EQ(cache_.Learn(SampleDdl("rpcutil", "9")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(cache_.Learn(std::string(ddl::kMaxDdlBytes + 1, ' ')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(cache_.Find("rpcutil", Sha256(text_))->plugin, nullptr);
}

TEST_F(DdlCacheTest, RemembersATextThatIsNoDdl) {
  const std::string bad = "{\"metadata\": 3}";
  const std::vector<PluginAnnouncement> announced = {{"bad", "1", Sha256(bad)}};
  cache_.Announce(1, {}, announced);
  EXPECT_TRUE(cache_.Learn(bad).ok());
  EXPECT_FALSE(cache_.Find("bad", Sha256(bad))->problem.empty());
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(cache_.Wanted(1, announced), IsEmpty());
}

TEST_F(DdlCacheTest, AWrongNameForAHashHarmsNobodyElse) {
  const std::vector<PluginAnnouncement> lie = {{"package", "1.0", Sha256(text_)}};
  cache_.Announce(1, {}, lie);
  cache_.Announce(2, {}, plugins_);
  ASSERT_TRUE(cache_.Learn(text_).ok());
  EXPECT_EQ(cache_.Find("package", Sha256(text_))->plugin, nullptr);
  EXPECT_THAT(cache_.Find("package", Sha256(text_))->problem, HasSubstr("that of plugin rpcutil"));
  const DdlCache::Entry* const honest = cache_.Find("rpcutil", Sha256(text_));
  ASSERT_NE(honest->plugin, nullptr);
  EXPECT_EQ(honest->nodes, 1u);
  // The text is known when the lie comes late too.
  const std::vector<PluginAnnouncement> late = {{"service", "1.0", Sha256(text_)}};
  cache_.Announce(3, {}, late);
  EXPECT_FALSE(cache_.Find("service", Sha256(text_))->problem.empty());
}

TEST_F(DdlCacheTest, WhatOneDdlCallsSensitiveIsSensitiveInAll) {
  const std::string open = absl::StrReplaceAll(SampleDdl("rpcutil", "2.0"), {{R"(, "sensitive": true)", ""}});
  ASSERT_NE(open, SampleDdl("rpcutil", "2.0"));
  const std::vector<PluginAnnouncement> others = {{"rpcutil", "2.0", Sha256(open)}};
  for (const Slot slot : {2, 3, 4}) cache_.Announce(slot, {}, others);
  ASSERT_TRUE(cache_.Learn(open).ok());
  EXPECT_THAT(cache_.SensitiveInputs("rpcutil", "greet"), IsEmpty());
  cache_.Announce(1, {}, plugins_);
  ASSERT_TRUE(cache_.Learn(text_).ok());
  EXPECT_THAT(cache_.SensitiveInputs("rpcutil", "greet"), ElementsAre("secret"));
  EXPECT_THAT(cache_.SensitiveInputs("rpcutil", "ping"), IsEmpty());
  EXPECT_THAT(cache_.SensitiveInputs("package", "greet"), IsEmpty());
  cache_.Withdraw(1, plugins_);
  EXPECT_THAT(cache_.SensitiveInputs("rpcutil", "greet"), ElementsAre("secret")) << "of a node now gone";
}

TEST_F(DdlCacheTest, CountsDoNotDriftWhenThereIsNoRoom) {
  for (size_t i = 0; i < DdlCache::kMaxDdls; ++i) {
    cache_.Announce(1, {}, {{"p" + std::to_string(i), "1", Sha256(std::to_string(i))}});
  }
  cache_.Announce(2, {}, plugins_);  // left out
  EXPECT_THAT(cache_.Named("rpcutil"), IsEmpty());
  for (size_t i = 0; i < DdlCache::kMaxDdls; ++i) {
    cache_.Withdraw(1, {{"p" + std::to_string(i), "1", Sha256(std::to_string(i))}});
  }
  cache_.Announce(3, {}, plugins_);
  cache_.Withdraw(2, plugins_);  // was never counted
  ASSERT_THAT(cache_.Named("rpcutil"), SizeIs(1));
  EXPECT_EQ(cache_.Named("rpcutil")[0]->nodes, 1u);
}

TEST_F(DdlCacheTest, WakesWhoWaitsWhenTheTextComesOrTheTimeIsOver) {
  cache_.Announce(1, {}, plugins_);
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

TEST_F(DdlCacheTest, WhatIsRequiredIsGivenAtOnceOrWhenItsTextHasCome) {
  absl::StatusOr<std::vector<const DdlCache::Entry*>> got;
  const auto take = [&got](const auto& entries) { got = entries; };
  cache_.Announce(1, {}, plugins_);
  got = absl::UnknownError("not called");
  cache_.Require("rpcutil", kAwaitDdl, take);
  executor_.RunUntilIdle();
  EXPECT_EQ(got.status().message(), "not called");
  ASSERT_TRUE(cache_.Learn(text_).ok());
  executor_.RunUntilIdle();
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_NE(got->front()->plugin, nullptr);
  got = absl::UnknownError("not called");
  cache_.Require("rpcutil", kAwaitDdl, take);
  EXPECT_TRUE(got.ok());
}

TEST_F(DdlCacheTest, SaysWhyWhatIsRequiredCannotBeHad) {
  absl::StatusOr<std::vector<const DdlCache::Entry*>> got;
  const auto take = [&got](const auto& entries) { got = entries; };
  cache_.Require("rpcutil", kAwaitDdl, take);
  EXPECT_TRUE(absl::IsNotFound(got.status()));
  cache_.Announce(1, {}, plugins_);
  cache_.Require("rpcutl", kAwaitDdl, take);
  EXPECT_THAT(got.status().message(), HasSubstr("did you mean rpcutil?"));
  cache_.Require("rpcutil", kAwaitDdl, take);
  executor_.Advance(kAwaitDdl);
  EXPECT_TRUE(absl::IsUnavailable(got.status()));
}

TEST_F(DdlCacheTest, HoldsABoundedNumberOfCallersAndTexts) {
  for (size_t i = 0; i < DdlWaiters::kMaxWaiters; ++i) ASSERT_TRUE(cache_.Await("x", absl::Seconds(5), [] {}));
  EXPECT_FALSE(cache_.Await("x", absl::Seconds(5), [] {}));
  for (size_t i = 0; i < DdlCache::kMaxDdls + 10; ++i) {
    const std::vector<PluginAnnouncement> one = {{"p" + std::to_string(i), "1", Sha256(std::to_string(i))}};
    cache_.Announce(1, {}, one);
    cache_.Withdraw(1, one);
  }
  EXPECT_LE(cache_.Names().size(), DdlCache::kMaxDdls);
  cache_.Announce(1, {}, plugins_);  // what nobody announces any more made room
  EXPECT_THAT(cache_.Named("rpcutil"), SizeIs(1));
}

}  // namespace
}  // namespace orch::hub

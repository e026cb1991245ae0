#include "services/hub/door/share_table.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using testing::HasSubstr;

class SharesTest : public testing::Test {
 protected:
  std::string Begin(ShareTable* table, Share* share, CallSort sort = CallSort::kShort, bool administrator = false) {
    const absl::Status begun = table->BeginCall(share, sort, administrator);
    EXPECT_TRUE(begun.ok() || absl::IsResourceExhausted(begun)) << begun;
    return std::string(begun.message());
  }
  ManualClock clock_;
  ShareTable table_{&clock_, 1'000};
};

TEST_F(SharesTest, ANodeHasTwoConnectionsAndAClientSixteen) {
  for (const auto& [limits, most] : {std::pair<ShareLimits, size_t>{NodeShare(), 2}, {ClientShare(), 16}}) {
    const auto share = table_.Of(absl::StrCat("of", most), limits);
    for (size_t i = 0; i < most; ++i) EXPECT_TRUE(table_.BeginConnection(share.get()).ok());
    EXPECT_THAT(std::string(table_.BeginConnection(share.get()).message()),
                HasSubstr(absl::StrCat(most, " connections")));
    table_.EndConnection(share.get());
    EXPECT_TRUE(table_.BeginConnection(share.get()).ok()) << "a refused one has taken no place";
  }
}

TEST_F(SharesTest, AllConnectionsOfAnIdentityHaveOneShare) {
  EXPECT_EQ(table_.Of("client=a", ClientShare()), table_.Of("client=a", ClientShare()));
  EXPECT_NE(table_.Of("client=a", ClientShare()), table_.Of("client=b", ClientShare()));
}

TEST_F(SharesTest, CallsAtOnceAreBoundedAndWatchesMore) {
  const auto share = table_.Of("client=a", ClientShare());
  const ShareLimits limits = ClientShare();
  for (size_t i = 0; i < limits.watches; ++i) ASSERT_EQ(Begin(&table_, share.get(), CallSort::kWatch), "");
  EXPECT_THAT(Begin(&table_, share.get(), CallSort::kWatch), HasSubstr("32 watches"));
  for (size_t i = limits.watches; i < limits.calls; ++i) ASSERT_EQ(Begin(&table_, share.get()), "");
  EXPECT_THAT(Begin(&table_, share.get()), HasSubstr("64 calls"));
  EXPECT_EQ(table_.open_calls(), 64u);
  table_.EndCall(share.get(), CallSort::kWatch);
  EXPECT_EQ(Begin(&table_, share.get(), CallSort::kWatch), "");
  for (size_t i = 0; i < limits.watches; ++i) table_.EndCall(share.get(), CallSort::kWatch);
  for (size_t i = limits.watches; i < limits.calls; ++i) table_.EndCall(share.get(), CallSort::kShort);
  EXPECT_EQ(table_.open_calls(), 0u);
}

TEST_F(SharesTest, ACallThatFinishesMakesRoomForTheNextUnlessNobodyReads) {
  const auto share = table_.Of("client=a", ClientShare());
  const size_t most = ClientShare().calls;
  for (size_t i = 0; i < most; ++i) ASSERT_EQ(Begin(&table_, share.get()), "");
  for (size_t i = 0; i < most; ++i) {
    ASSERT_TRUE(table_.FinishCall(share.get(), CallSort::kShort));
    ASSERT_EQ(Begin(&table_, share.get()), "") << "the client has its answer and asks again";
  }
  EXPECT_EQ(table_.open_calls(), most);
  EXPECT_FALSE(table_.FinishCall(share.get(), CallSort::kShort)) << "this client does not read";
  EXPECT_THAT(Begin(&table_, share.get()), HasSubstr("64 calls"));
  table_.EndFinished(share.get());
  EXPECT_TRUE(table_.FinishCall(share.get(), CallSort::kShort));
  EXPECT_EQ(Begin(&table_, share.get()), "");
}

TEST_F(SharesTest, CallsASecondAreBoundedAndOneFloodSlowsNobodyElse) {
  const auto share = table_.Of("client=a", ClientShare());
  int done = 0;
  std::string why;
  for (; done < 10'000 && why.empty(); ++done) {
    why = Begin(&table_, share.get());
    if (why.empty()) table_.EndCall(share.get(), CallSort::kShort);
  }
  EXPECT_EQ(done - 1, ClientShare().call_burst);
  EXPECT_THAT(why, HasSubstr("more than 2000 calls a second"));
  EXPECT_EQ(Begin(&table_, table_.Of("client=b", ClientShare()).get()), "");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Begin(&table_, share.get()), "");
  EXPECT_EQ(table_.open_calls(), 2u) << "a refused call is not open";
}

TEST_F(SharesTest, ConnectingAgainGivesNoFreshShare) {
  for (int connection = 0; connection < 3; ++connection) {
    const auto share = table_.Of("client=a", ClientShare());
    ASSERT_TRUE(table_.BeginConnection(share.get()).ok());
    for (int i = 0; i < ClientShare().call_burst && connection == 0; ++i) {
      ASSERT_EQ(Begin(&table_, share.get()), "");
      table_.EndCall(share.get(), CallSort::kShort);
    }
    EXPECT_THAT(Begin(&table_, share.get()), HasSubstr("calls a second")) << connection;
    table_.EndConnection(share.get());
  }
}

TEST_F(SharesTest, AReserveIsKeptForAdministrators) {
  ShareTable table(&clock_, 20);
  std::vector<std::shared_ptr<Share>> shares;
  std::string why;
  size_t open = 0;
  for (int i = 0; i < 30 && why.empty(); ++i) {
    shares.push_back(table.Of(absl::StrCat("client=", i), ClientShare()));
    why = Begin(&table, shares.back().get());
    open += why.empty() ? 1 : 0;
  }
  EXPECT_EQ(open, 20 - ShareTable::kMinReserve);
  EXPECT_THAT(why, HasSubstr("limits.clients"));
  const auto admin = table.Of("client=admin", ClientShare());
  for (size_t i = 0; i < ShareTable::kMinReserve; ++i)
    EXPECT_EQ(Begin(&table, admin.get(), CallSort::kShort, true), "");
  EXPECT_THAT(Begin(&table, admin.get(), CallSort::kShort, true), HasSubstr("limits.clients"));
  EXPECT_EQ(Begin(&table, table.Of("node=web1", NodeShare()).get(), CallSort::kAttach), "")
      << "nodes do not take clients' places";
}

TEST_F(SharesTest, ASmallLimitLeavesSomethingForEverybody) {
  for (const size_t most : {1, 2, 3, 5}) {
    ShareTable table(&clock_, most);
    EXPECT_EQ(Begin(&table, table.Of("client=a", ClientShare()).get()), "") << most;
  }
}

TEST_F(SharesTest, BytesAreOwedAndPaidWithTime) {
  const auto share = table_.Of("node=web1", NodeShare());
  const ShareLimits limits = NodeShare();
  share->PayBytes(limits.byte_burst, clock_.Steady());
  EXPECT_EQ(share->ByteWait(clock_.Steady()), absl::ZeroDuration());
  share->PayBytes(limits.bytes_per_second, clock_.Steady());
  EXPECT_EQ(share->ByteWait(clock_.Steady()), absl::Seconds(1));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(share->ByteWait(clock_.Steady()), absl::ZeroDuration());
}

TEST_F(SharesTest, WhatUnfinishedMessagesHoldIsCountedOverAllConnections) {
  const auto share = table_.Of("client=a", ClientShare());
  const size_t half = Share::kMaxHeldBytes / 2;
  EXPECT_TRUE(share->Hold(0, half));
  EXPECT_TRUE(share->Hold(0, half));
  EXPECT_FALSE(share->Hold(0, 1));
  EXPECT_TRUE(share->Hold(half, 0)) << "a message has ended, or its connection";
  EXPECT_TRUE(share->Hold(half + 1, 1));
}

TEST_F(SharesTest, SharesOfThoseWhoAreGoneGoAfterAWhile) {
  const auto held = table_.Of("client=held", ClientShare());
  std::weak_ptr<Share> gone = table_.Of("client=gone", ClientShare());
  ASSERT_TRUE(table_.BeginConnection(gone.lock().get()).ok());
  clock_.Advance(ShareTable::kKeepIdle + absl::Seconds(1));
  table_.Of("client=x", ClientShare());
  EXPECT_FALSE(gone.expired()) << "it has a connection";
  table_.EndConnection(gone.lock().get());
  table_.Of("client=x", ClientShare());
  EXPECT_FALSE(gone.expired()) << "it has just ended";
  clock_.Advance(ShareTable::kKeepIdle + absl::Seconds(1));
  table_.Of("client=x", ClientShare());
  EXPECT_TRUE(gone.expired());
  EXPECT_EQ(table_.Of("client=held", ClientShare()), held);
}

}  // namespace
}  // namespace orch::hub

#include "services/hub/door/source_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kStart = absl::Hours(5);
constexpr char kNetwork[] = "10.1.2.0/24";

sockaddr_storage V4(const char* text) {
  sockaddr_storage storage{};
  auto& in = reinterpret_cast<sockaddr_in&>(storage);
  in.sin_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text, &in.sin_addr), 1);
  return storage;
}
sockaddr_storage V6(const char* text) {
  sockaddr_storage storage{};
  auto& in = reinterpret_cast<sockaddr_in6&>(storage);
  in.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text, &in.sin6_addr), 1);
  return storage;
}

// Failures, one after the other at the same moment, until a network is turned away.
int FailuresUntilClosed(SourceTable* table, const std::string& network, double weight = 1) {
  for (int count = 0; count < 10'000; ++count) {
    if (!table->MayKnock(network, kStart)) return count;
    table->OnFailure(network, weight, kStart);
  }
  return -1;
}

TEST(SourceTableTest, ANetworkIsA24OrA64) {
  EXPECT_EQ(SourceTable::NetworkOf(V4("10.1.2.3")), kNetwork);
  EXPECT_EQ(SourceTable::NetworkOf(V4("10.1.2.255")), kNetwork);
  EXPECT_EQ(SourceTable::NetworkOf(V4("10.1.3.3")), "10.1.3.0/24");
  EXPECT_EQ(SourceTable::NetworkOf(V6("::ffff:10.1.2.3")), kNetwork)
      << "IPv4 through an IPv6 socket is the same source";
  EXPECT_EQ(SourceTable::NetworkOf(V6("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
  EXPECT_EQ(SourceTable::NetworkOf(V6("2001:db8:1:2::1")), "2001:db8:1:2::/64");
  EXPECT_NE(SourceTable::NetworkOf(V6("2001:db8:1:3::1")), "2001:db8:1:2::/64");
  for (const sockaddr_storage& here : {V4("127.0.0.1"), V4("127.9.9.9"), V6("::1"), V6("::ffff:127.0.0.1")}) {
    EXPECT_EQ(SourceTable::NetworkOf(here), "loopback");
  }
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  EXPECT_EQ(SourceTable::NetworkOf(local), "local");
}

TEST(SourceTableTest, AFewFailuresAreForgivenAndManyAreNot) {
  SourceTable table;
  EXPECT_EQ(FailuresUntilClosed(&table, kNetwork), 15);
  EXPECT_TRUE(table.MayKnock("10.1.3.0/24", kStart)) << "its neighbour did nothing";
  EXPECT_EQ(table.penalised(kStart), 1u);
  EXPECT_TRUE(table.MayKnock(kNetwork, kStart + absl::Seconds(1))) << "it comes back as time goes by";
  SourceTable light;
  EXPECT_EQ(FailuresUntilClosed(&light, kNetwork, 0.25), 60);
}

TEST(SourceTableTest, APenaltyGrowsWithFailuresUpToABound) {
  SourceTable table;
  for (int i = 0; i < 100'000; ++i) table.OnFailure(kNetwork, 1, kStart);
  EXPECT_FALSE(table.MayKnock(kNetwork, kStart + SourceTable::kMaxPenalty - SourceTable::kPenaltyAfter));
  EXPECT_TRUE(
      table.MayKnock(kNetwork, kStart + SourceTable::kMaxPenalty - SourceTable::kPenaltyAfter + absl::Seconds(1)));
}

TEST(SourceTableTest, FailuresAtALowRateNeverAddUp) {
  SourceTable table;
  for (int i = 0; i < 10'000; ++i) {
    table.OnFailure(kNetwork, 1, kStart + i * absl::Seconds(1));
    ASSERT_TRUE(table.MayKnock(kNetwork, kStart + i * absl::Seconds(1))) << i;
  }
}

TEST(SourceTableTest, WhereSomebodyHasProvedHimselfOthersFailuresLockNobodyOut) {
  SourceTable table;
  table.OnProven(kNetwork, kStart);
  EXPECT_TRUE(table.IsProven(kNetwork, kStart));
  EXPECT_EQ(FailuresUntilClosed(&table, kNetwork), -1);
  const absl::Duration later = kStart + SourceTable::kProvenFor;
  EXPECT_FALSE(table.IsProven(kNetwork, later));
  for (int i = 0; i < 100; ++i) table.OnFailure(kNetwork, 1, later);
  EXPECT_FALSE(table.MayKnock(kNetwork, later));
}

TEST(SourceTableTest, ThisMachineIsNeverTurnedAway) {
  SourceTable table;
  EXPECT_EQ(FailuresUntilClosed(&table, "loopback"), -1);
  EXPECT_EQ(FailuresUntilClosed(&table, "local"), -1);
  EXPECT_EQ(table.penalised(kStart), 0u);
}

TEST(SourceTableTest, IsBoundedAndForgetsTheLeastRecent) {
  SourceTable table;
  for (size_t i = 0; i < 10 * SourceTable::kMaxSources; ++i) {
    table.OnFailure(absl::StrCat(i), 1, kStart + static_cast<int64_t>(i) * absl::Milliseconds(1));
    ASSERT_LE(table.size(), SourceTable::kMaxSources);
  }
  table.OnProven("mine", kStart + absl::Hours(1));
  for (size_t i = 0; i < SourceTable::kMaxSources / 4; ++i)
    table.OnFailure(absl::StrCat("x", i), 1, kStart + absl::Hours(1));
  EXPECT_TRUE(table.IsProven("mine", kStart + absl::Hours(1)));
}

// A flood from more networks than the table holds, all within one moment: no room must not mean no memory of those
// that have proved themselves.
// Fails today: MakeRoom looks at the time of the last knock alone.
TEST(SourceTableTest, AFloodFromManyNetworksDoesNotForgetTheProven) {
  SourceTable table;
  table.OnProven(kNetwork, kStart);
  for (size_t i = 0; i < 4 * SourceTable::kMaxSources; ++i) table.OnFailure(absl::StrCat(i), 1, kStart);
  EXPECT_LE(table.size(), SourceTable::kMaxSources);
  EXPECT_TRUE(table.IsProven(kNetwork, kStart));
}

TEST(SourceTableTest, OfManyProvenNetworksTheLeastRecentGo) {
  SourceTable table;
  for (size_t i = 0; i <= SourceTable::kMaxSources; ++i) {
    table.OnProven(absl::StrCat(i), kStart + absl::Microseconds(i));
  }
  EXPECT_EQ(table.size(), SourceTable::kMaxSources / 2 + 1);
  EXPECT_FALSE(table.IsProven("0", kStart));
  EXPECT_TRUE(table.IsProven(absl::StrCat(SourceTable::kMaxSources), kStart));
}

}  // namespace
}  // namespace orch::hub

#include "services/hub/nodes/identity_conflicts.h"

#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Verdict = IdentityConflicts::Verdict;

class IdentityConflictsTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  IdentityConflicts conflicts_{&clock_};

  // The streams of two hosts replace each other, from a new port each.
  Verdict Swap(const std::string& identity = "web1") {
    const std::string a = "ipv4:10.0.0.1:" + std::to_string(++port_), b = "ipv4:10.0.0.2:" + std::to_string(++port_);
    return port_ % 4 == 2 ? conflicts_.OnReplaced(identity, a, b) : conflicts_.OnReplaced(identity, b, a);
  }
  int port_ = 0;
};

TEST_F(IdentityConflictsTest, StreamsThatAlternateWithinAMinuteAreAConflict) {
  EXPECT_EQ(Swap(), Verdict::kNone);
  clock_.Advance(absl::Seconds(20));
  EXPECT_EQ(Swap(), Verdict::kNone);
  EXPECT_EQ(conflicts_.Text("web1"), "");
  clock_.Advance(absl::Seconds(20));
  EXPECT_EQ(Swap(), Verdict::kBegins);
  EXPECT_EQ(Swap(), Verdict::kGoesOn);
  EXPECT_THAT(conflicts_.Text("web1"), HasSubstr("two agents use the identity web1"));
  EXPECT_THAT(conflicts_.Text("web1"), HasSubstr("10.0.0.1"));
  EXPECT_THAT(conflicts_.Text("web1"), HasSubstr("10.0.0.2"));
  const auto list = conflicts_.List();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].identity(), "web1");
  EXPECT_EQ(list[0].replacements(), 4u);
  EXPECT_EQ(list[0].peers_size(), 2);
}

TEST_F(IdentityConflictsTest, AnAgentThatReconnectsNowAndThenIsNone) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Swap(), Verdict::kNone);
    clock_.Advance(absl::Seconds(31));
    conflicts_.Expire();
  }
  EXPECT_THAT(conflicts_.List(), IsEmpty());
}

TEST_F(IdentityConflictsTest, PacedAgentsStayInConflictAndOneThatLeavesEndsIt) {
  for (int i = 0; i < 3; ++i) Swap();
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(IdentityConflicts::kPace + absl::Seconds(5));
    EXPECT_THAT(conflicts_.Expire(), IsEmpty());
    EXPECT_EQ(Swap(), Verdict::kGoesOn);
  }
  clock_.Advance(IdentityConflicts::kConflictOver + absl::Seconds(1));
  EXPECT_THAT(conflicts_.Expire(), ElementsAre("web1"));
  EXPECT_EQ(conflicts_.Text("web1"), "");
  EXPECT_EQ(Swap(), Verdict::kNone);
}

TEST_F(IdentityConflictsTest, IsBounded) {
  for (size_t i = 0; i < IdentityConflicts::kMaxIdentities; ++i) Swap("n" + std::to_string(i));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Swap("one-too-many"), Verdict::kNone);
  clock_.Advance(IdentityConflicts::kConflictWindow + absl::Seconds(1));
  Swap("one-too-many");
  Swap("one-too-many");
  EXPECT_EQ(Swap("one-too-many"), Verdict::kBegins) << "what is old makes room";
}

}  // namespace
}  // namespace orch::hub

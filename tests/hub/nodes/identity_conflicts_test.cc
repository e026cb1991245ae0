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
    return port_ % 4 == 2 ? conflicts_.OnReplaced(identity, {a, "one"}, {b, "two"})
                          : conflicts_.OnReplaced(identity, {b, "two"}, {a, "one"});
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

TEST_F(IdentityConflictsTest, AgentsThatAlternateNowAndThenAreNone) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Swap(), Verdict::kNone);
    clock_.Advance(IdentityConflicts::kConflictWindow + absl::Seconds(1));
    conflicts_.Expire();
  }
  EXPECT_THAT(conflicts_.List(), IsEmpty());
}

TEST_F(IdentityConflictsTest, OneAgentThatIsRestartedAgainAndAgainIsNone) {
  for (int i = 0; i < 50; ++i) {
    const IdentityConflicts::Agent before{"ipv4:10.0.0.1:1", std::to_string(i)};
    EXPECT_EQ(conflicts_.OnReplaced("web1", before, {"ipv4:10.0.0.1:2", std::to_string(i + 1)}), Verdict::kNone);
  }
  EXPECT_EQ(conflicts_.Pace("web1"), absl::ZeroDuration());
}

TEST_F(IdentityConflictsTest, AnAgentThatTakesTheStreamFromAnyNumberOfOthersIsInConflict) {
  EXPECT_EQ(conflicts_.OnReplaced("web1", {"a", "mine"}, {"b", "1"}), Verdict::kNone);
  EXPECT_EQ(conflicts_.OnReplaced("web1", {"b", "1"}, {"a", "mine"}), Verdict::kNone);
  EXPECT_EQ(conflicts_.OnReplaced("web1", {"a", "mine"}, {"b", "2"}), Verdict::kNone);
  EXPECT_EQ(conflicts_.OnReplaced("web1", {"b", "2"}, {"a", "mine"}), Verdict::kBegins);
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

TEST_F(IdentityConflictsTest, AHostIsTheSameOnEveryPort) {
  for (const auto& [one, other] : std::vector<std::pair<std::string, std::string>>{
           {"127.0.0.1:4711", "127.0.0.1:4712"}, {"ipv4:10.0.0.1:1", "ipv4:10.0.0.1:2"}, {"[::1]:1", "[::1]:2"}}) {
    EXPECT_FALSE(IdentityConflicts::FromAnotherHost(one, other)) << one;
  }
  EXPECT_TRUE(IdentityConflicts::FromAnotherHost("127.0.0.1:1", "127.0.0.2:1"));
  EXPECT_TRUE(IdentityConflicts::FromAnotherHost("[::1]:1", "[::2]:1"));
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

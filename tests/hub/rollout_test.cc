#include "services/hub/jobs/rollout.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using End = Rollout::End;
using Turn = Rollout::Turn;

class RolloutTest : public ::testing::Test {
 protected:
  void Start(size_t tasks, std::vector<uint32_t> groups = {}) { rollout_.emplace(spec_, tasks, std::move(groups)); }
  // Everything that may go now.
  std::vector<size_t> Release() {
    std::vector<size_t> released;
    for (turn_ = rollout_->Next(now_); turn_.kind == Turn::kRelease; turn_ = rollout_->Next(now_)) {
      released.push_back(turn_.task);
    }
    return released;
  }
  bool End(size_t task, Rollout::End end = Rollout::End::kOk) { return rollout_->OnEnd(task, end, now_); }

  v1::JobSpec spec_;
  std::optional<Rollout> rollout_;
  absl::Duration now_ = absl::Seconds(100);
  Turn turn_;
};

TEST_F(RolloutTest, ReleasesEverythingAtOnceWhenNothingIsAsked) {
  Start(3);
  EXPECT_THAT(Release(), ElementsAre(0, 1, 2));
  EXPECT_EQ(turn_.kind, Turn::kBlocked);
}

TEST_F(RolloutTest, ABatchWaitsForTheOneBefore) {
  spec_.set_batch_size(2);
  Start(5);
  EXPECT_THAT(Release(), ElementsAre(0, 1));
  End(0);
  EXPECT_THAT(Release(), IsEmpty());
  End(1, End::kFailed);
  EXPECT_THAT(Release(), ElementsAre(2, 3));
  End(2);
  End(3);
  EXPECT_THAT(Release(), ElementsAre(4));
}

TEST_F(RolloutTest, SleepsBetweenBatchesAndNotAfterTheLast) {
  spec_.set_batch_percent(50);
  spec_.set_batch_sleep_ms(3000);
  Start(3);
  EXPECT_THAT(Release(), ElementsAre(0, 1)) << "half of three, ceiled";
  End(0);
  End(1);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(turn_.kind, Turn::kSleep);
  EXPECT_EQ(turn_.until, now_ + absl::Seconds(3));
  now_ += absl::Seconds(3);
  EXPECT_THAT(Release(), ElementsAre(2));
  End(2);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(turn_.kind, Turn::kBlocked);
}

TEST_F(RolloutTest, AWindowGivesEachFreedSlotToTheNext) {
  spec_.set_concurrency(2);
  Start(5);
  EXPECT_THAT(Release(), ElementsAre(0, 1));
  End(1);
  EXPECT_THAT(Release(), ElementsAre(2)) << "0 is still at work and blocks only its own slot";
  End(2, End::kFailed);
  End(0);
  EXPECT_THAT(Release(), ElementsAre(3, 4));
}

TEST_F(RolloutTest, AWindowInPerCentIsCeiled) {
  spec_.set_concurrency_percent(34);
  Start(3);
  EXPECT_THAT(Release(), ElementsAre(0, 1));
}

TEST_F(RolloutTest, ANodeThatIsNoTargetFreesItsSlot) {
  spec_.set_concurrency(1);
  Start(3);
  EXPECT_THAT(Release(), ElementsAre(0));
  End(0, End::kFiltered);
  EXPECT_THAT(Release(), ElementsAre(1));
  EXPECT_EQ(rollout_->open(), 1u);
}

TEST_F(RolloutTest, StopsOnceTheBudgetOfFailuresIsSpent) {
  spec_.set_concurrency(2);
  spec_.set_max_failures(2);
  Start(6);
  Release();
  End(0, End::kFailed);
  EXPECT_THAT(Release(), ElementsAre(2));
  End(1, End::kFiltered);
  EXPECT_THAT(Release(), ElementsAre(3)) << "a node that is no target did not fail";
  End(2, End::kCancelled);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(rollout_->stop_reason(), "max-failures");
  EXPECT_FALSE(rollout_->waits(3)) << "what runs goes on";
  EXPECT_TRUE(rollout_->waits(4));
  EXPECT_TRUE(rollout_->waits(5));
}

TEST_F(RolloutTest, ABudgetInPerCentIsCeiled) {
  spec_.set_max_failures_percent(10);
  Start(11);
  Release();
  End(0, End::kFailed);
  EXPECT_FALSE(rollout_->stopped());
  End(1, End::kFailed);
  EXPECT_TRUE(rollout_->stopped());
}

TEST_F(RolloutTest, TheOthersWaitUntilSomebodyConfirmsTheCanaries) {
  spec_.set_canary(2);
  Start(4);
  EXPECT_THAT(Release(), ElementsAre(0, 1));
  End(0);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_FALSE(rollout_->paused());
  End(1);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(rollout_->paused_because(), "canary");
  rollout_->Resume();
  EXPECT_THAT(Release(), ElementsAre(2, 3));
}

TEST_F(RolloutTest, CanariesThatAreWellAreFollowedByBatchesWithoutAsking) {
  spec_.set_canary(1);
  spec_.set_canary_continue(true);
  spec_.set_batch_size(2);
  Start(4);
  EXPECT_THAT(Release(), ElementsAre(0));
  End(0);
  EXPECT_THAT(Release(), ElementsAre(1, 2));
  EXPECT_FALSE(rollout_->paused());
}

TEST_F(RolloutTest, ACanaryThatFailsEndsTheRollout) {
  spec_.set_canary(2);
  spec_.set_canary_continue(true);
  spec_.set_concurrency(1);
  Start(4);
  EXPECT_THAT(Release(), ElementsAre(0));
  End(0, End::kFailed);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(rollout_->stop_reason(), "canary");
  EXPECT_TRUE(rollout_->waits(1));
}

TEST_F(RolloutTest, ACanaryThatIsNoTargetIsReplaced) {
  spec_.set_canary(1);
  Start(3);
  Release();
  End(0, End::kFiltered);
  EXPECT_THAT(Release(), ElementsAre(1));
  EXPECT_FALSE(rollout_->paused());
}

TEST_F(RolloutTest, AllTargetsAsCanariesNeedNoConfirmation) {
  spec_.set_canary(2);
  Start(2);
  EXPECT_THAT(Release(), ElementsAre(0, 1));
  End(0);
  End(1);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_FALSE(rollout_->paused());
}

TEST_F(RolloutTest, KeepsWithinEachGroupsShare) {
  spec_.set_group_concurrency(1);
  Start(5, {0, 0, 1, 1, 0});
  EXPECT_THAT(Release(), ElementsAre(0, 2));
  End(2);
  EXPECT_THAT(Release(), ElementsAre(3));
  End(0);
  EXPECT_THAT(Release(), ElementsAre(1));
  End(1);
  End(3);
  EXPECT_THAT(Release(), ElementsAre(4));
}

TEST_F(RolloutTest, ANewGroupBeginsOnlyAfterAnotherIsOver) {
  spec_.set_groups_at_once(1);
  Start(5, {0, 1, 0, 1, 2});
  EXPECT_THAT(Release(), ElementsAre(0, 2));
  End(0);
  EXPECT_THAT(Release(), IsEmpty());
  End(2, End::kFailed);
  EXPECT_THAT(Release(), ElementsAre(1, 3));
  End(1);
  End(3, End::kFiltered);
  EXPECT_THAT(Release(), ElementsAre(4));
}

TEST_F(RolloutTest, AGroupThatWaitsForARepeatIsNotOver) {
  spec_.set_groups_at_once(1);
  spec_.set_retries(1);
  spec_.set_retry_sleep_ms(1000);
  Start(2, {0, 1});
  EXPECT_THAT(Release(), ElementsAre(0));
  EXPECT_TRUE(End(0, End::kFailed));
  EXPECT_THAT(Release(), IsEmpty());
  now_ += absl::Seconds(1);
  EXPECT_THAT(Release(), ElementsAre(0));
  EXPECT_FALSE(End(0, End::kFailed));
  EXPECT_THAT(Release(), ElementsAre(1));
}

TEST_F(RolloutTest, RepeatsWhatIsNotOkSoOftenAndNoMore) {
  spec_.set_retries(2);
  spec_.set_retry_sleep_ms(5000);
  Start(2);
  Release();
  EXPECT_EQ(rollout_->attempt(0), 1u);
  EXPECT_FALSE(End(1));
  EXPECT_TRUE(End(0, End::kFailed));
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(turn_.until, now_ + absl::Seconds(5));
  now_ = turn_.until;
  EXPECT_THAT(Release(), ElementsAre(0));
  EXPECT_EQ(rollout_->attempt(0), 2u);
  EXPECT_TRUE(End(0, End::kFailed));
  now_ += absl::Seconds(5);
  EXPECT_THAT(Release(), ElementsAre(0));
  EXPECT_FALSE(End(0, End::kFailed));
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(turn_.kind, Turn::kBlocked);
}

TEST_F(RolloutTest, CancelledTasksAreNotRepeated) {
  spec_.set_retries(1);
  Start(1);
  Release();
  EXPECT_FALSE(End(0, End::kCancelled));
}

TEST_F(RolloutTest, ARepeatComesBeforeNewTasksAndNeedsASlotLikeThem) {
  spec_.set_retries(1);
  spec_.set_concurrency(1);
  Start(3);
  EXPECT_THAT(Release(), ElementsAre(0));
  End(0, End::kFailed);
  EXPECT_THAT(Release(), ElementsAre(0));
  End(0);
  EXPECT_THAT(Release(), ElementsAre(1));
}

TEST_F(RolloutTest, OnlyTheLastAttemptCountsAgainstTheBudget) {
  spec_.set_retries(1);
  spec_.set_max_failures(1);
  Start(2);
  Release();
  EXPECT_TRUE(End(0, End::kFailed));
  EXPECT_FALSE(rollout_->stopped());
  Release();
  End(0);
  EXPECT_FALSE(rollout_->stopped());
}

TEST_F(RolloutTest, AnEarlierAttemptThatSucceededAfterAllNeedsNoRepeat) {
  spec_.set_retries(1);
  spec_.set_retry_sleep_ms(1000);
  spec_.set_batch_size(1);
  Start(2);
  Release();
  EXPECT_TRUE(End(0, End::kFailed));
  EXPECT_FALSE(End(0, End::kOk));
  EXPECT_THAT(Release(), ElementsAre(1));
  now_ += absl::Seconds(2);
  EXPECT_THAT(Release(), IsEmpty());
}

TEST_F(RolloutTest, ANodeThatIsAwayHoldsNoSlotAndNobodyUp) {
  spec_.set_concurrency(1);
  spec_.set_batch_size(2);  // the rules compose, whatever a request may combine
  Start(4);
  EXPECT_THAT(Release(), ElementsAre(0));
  rollout_->OnAway(0);
  EXPECT_THAT(Release(), ElementsAre(1));
  End(1);
  EXPECT_THAT(Release(), ElementsAre(2));
  rollout_->OnBack(0, now_);
  EXPECT_THAT(Release(), IsEmpty());
  End(2);
  EXPECT_THAT(Release(), ElementsAre(0)) << "before new ones";
  EXPECT_EQ(rollout_->attempt(0), 1u);
  End(0);
  EXPECT_THAT(Release(), ElementsAre(3));
}

TEST_F(RolloutTest, ACanaryThatIsAwayIsReplaced) {
  spec_.set_canary(1);
  Start(3);
  Release();
  rollout_->OnAway(0);
  EXPECT_THAT(Release(), ElementsAre(1));
}

TEST_F(RolloutTest, ANodeThatComesBackWaitsForItsGroupsTurn) {
  spec_.set_groups_at_once(1);
  Start(3, {0, 1, 1});
  Release();
  rollout_->OnAway(0);
  EXPECT_THAT(Release(), ElementsAre(1, 2));
  rollout_->OnBack(0, now_);
  EXPECT_THAT(Release(), IsEmpty());
  End(1);
  End(2);
  EXPECT_THAT(Release(), ElementsAre(0));
}

TEST_F(RolloutTest, PausedItReleasesNothing) {
  spec_.set_concurrency(1);
  Start(2);
  Release();
  rollout_->Pause("asked by client=peadmin");
  End(0);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(rollout_->paused_because(), "asked by client=peadmin");
  rollout_->Resume();
  EXPECT_THAT(Release(), ElementsAre(1));
}

TEST_F(RolloutTest, StoppedItReleasesNothingAndRepeatsNothing) {
  spec_.set_retries(3);
  spec_.set_concurrency(1);
  Start(2);
  Release();
  rollout_->Stop("cancelled");
  rollout_->Stop("max-failures");
  EXPECT_FALSE(End(0, End::kFailed));
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(rollout_->stop_reason(), "cancelled");
}

// Whatever is combined: nothing is released twice at a time, limits hold, and every task gets its end.
TEST_F(RolloutTest, EveryTaskIsReleasedWithinAllLimitsWhateverHappens) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const auto upto = [&random](uint32_t limit) { return static_cast<uint32_t>(random() % (limit + 1)); };
    spec_.Clear();
    spec_.set_concurrency(upto(4));
    spec_.set_batch_size(upto(1) * upto(6));
    spec_.set_batch_sleep_ms(upto(1) * 1000);
    spec_.set_canary(upto(1) * upto(3));
    spec_.set_canary_continue(true);
    spec_.set_group_concurrency(upto(2));
    spec_.set_groups_at_once(upto(3));
    spec_.set_retries(upto(2));
    spec_.set_retry_sleep_ms(upto(1) * 500);
    const size_t count = 1 + upto(40);
    std::vector<uint32_t> groups;
    for (size_t i = 0; i < count; ++i) groups.push_back(i < 4 ? static_cast<uint32_t>(i) : upto(3));
    Start(count, groups);
    std::vector<int> attempts(count);
    std::vector<bool> over(count);
    std::vector<size_t> open, away;
    size_t left = count;
    for (int step = 0; left > 0 && !rollout_->stopped(); ++step) {
      ASSERT_LT(step, 5000) << "seed " << seed << ": it stands still";
      const Turn turn = rollout_->Next(now_);
      if (turn.kind == Turn::kRelease) {
        ASSERT_FALSE(over[turn.task]) << "seed " << seed;
        ASSERT_EQ(std::count(open.begin(), open.end(), turn.task), 0) << "seed " << seed;
        ++attempts[turn.task];
        open.push_back(turn.task);
        if (spec_.concurrency() > 0) {
          ASSERT_LE(open.size(), spec_.concurrency()) << "seed " << seed;
        }
        std::map<uint32_t, uint32_t> in_group;
        for (const size_t task : open) ++in_group[groups[task]];
        for (const auto& [group, busy] : in_group) {
          if (spec_.group_concurrency() > 0) {
            ASSERT_LE(busy, spec_.group_concurrency()) << "seed " << seed;
          }
        }
        if (spec_.groups_at_once() > 0) {
          ASSERT_LE(in_group.size(), spec_.groups_at_once()) << "seed " << seed;
        }
      } else if (!open.empty()) {
        const size_t at = random() % open.size();
        const size_t task = open[at];
        open.erase(open.begin() + at);
        const uint32_t what = upto(9);
        if (what == 0) {
          rollout_->OnAway(task);
          --attempts[task];
          away.push_back(task);
          continue;
        }
        const auto end = what == 1 ? End::kFiltered : what <= 3 && spec_.canary() == 0 ? End::kFailed : End::kOk;
        if (!End(task, end)) {
          over[task] = true;
          --left;
        }
      } else if (!away.empty()) {
        rollout_->OnBack(away.back(), now_);
        away.pop_back();
      } else {
        ASSERT_EQ(turn.kind, Turn::kSleep) << "seed " << seed << ": blocked with nothing at work";
        now_ = turn.until;
      }
    }
    for (size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(over[i]) << "seed " << seed;
      ASSERT_LE(attempts[i], static_cast<int>(spec_.retries()) + 1) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace orch::hub

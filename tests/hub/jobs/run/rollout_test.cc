#include "services/hub/jobs/run/rollout.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/jobs/run/task_table.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using End = Rollout::End;
using Turn = Rollout::Turn;

// The rollout with the table of tasks, as a run has them.
class RolloutTest : public ::testing::Test {
 protected:
  void Start(size_t tasks, std::vector<uint32_t> groups = {}) {
    std::vector<std::string> names;
    for (size_t i = 0; i < tasks; ++i) names.push_back(absl::StrCat("n", i));
    tasks_.emplace(std::move(names));
    rollout_.emplace(spec_, tasks, std::move(groups));
  }
  Turn Next() {
    const Turn turn = rollout_->Next(now_);
    if (turn.kind == Turn::kRelease) {
      EXPECT_TRUE(tasks_->Release(turn.task));
    }
    return turn;
  }
  // Everything that may go now.
  std::vector<size_t> Release() {
    std::vector<size_t> released;
    for (turn_ = Next(); turn_.kind == Turn::kRelease; turn_ = Next()) released.push_back(turn_.task);
    return released;
  }
  // True when the task is to be repeated.
  bool End(size_t task, Rollout::End end = Rollout::End::kOk) {
    const Standing from = (*tasks_)[task].standing;
    if (from == Standing::kReleased) tasks_->MarkSent(task, now_, now_);
    if (end == End::kFailed && from == Standing::kReleased && rollout_->Repeats((*tasks_)[task].attempt)) {
      EXPECT_TRUE(tasks_->SetAside(task, v1::Reply()));
      rollout_->OnSetAside(task, now_);
      return true;
    }
    if (end == End::kDeclined) {
      EXPECT_TRUE(tasks_->Decline(task));
    } else if (from == Standing::kReleased) {
      EXPECT_TRUE(tasks_->End(task, end == End::kOk ? v1::OK : end == End::kFailed ? v1::FAILED : v1::CANCELLED));
    } else {
      EXPECT_TRUE(tasks_->End(task, end == End::kCancelled ? v1::CANCELLED : v1::EXPIRED));
    }
    rollout_->OnOver(task, from, end);
    return false;
  }
  void GoAway(size_t task) {
    EXPECT_TRUE(tasks_->SetAway(task));
    rollout_->OnAway(task);
  }
  void ComeBack(size_t task) {
    EXPECT_TRUE(tasks_->Return(task));
    rollout_->OnReturn(task, now_);
  }

  v1::JobSpec spec_;
  std::optional<TaskTable> tasks_;
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
  End(0, End::kDeclined);
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
  End(1, End::kDeclined);
  EXPECT_THAT(Release(), ElementsAre(3)) << "a node that is no target did not fail";
  End(2, End::kCancelled);
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(rollout_->stop_reason(), v1::STOP_REASON_MAX_FAILURES);
  EXPECT_FALSE((*tasks_)[3].waits()) << "what runs goes on";
  EXPECT_TRUE((*tasks_)[4].waits());
  EXPECT_TRUE((*tasks_)[5].waits());
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
  EXPECT_EQ(rollout_->stop_reason(), v1::STOP_REASON_CANARY);
  EXPECT_TRUE((*tasks_)[1].waits());
}

TEST_F(RolloutTest, ACanaryThatIsNoTargetIsReplaced) {
  spec_.set_canary(1);
  Start(3);
  Release();
  End(0, End::kDeclined);
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
  End(3, End::kDeclined);
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
  EXPECT_EQ((*tasks_)[0].attempt, 1u);
  EXPECT_FALSE(End(1));
  EXPECT_TRUE(End(0, End::kFailed));
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(turn_.until, now_ + absl::Seconds(5));
  now_ = turn_.until;
  EXPECT_THAT(Release(), ElementsAre(0));
  EXPECT_EQ((*tasks_)[0].attempt, 2u);
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
  GoAway(0);
  EXPECT_THAT(Release(), ElementsAre(1));
  End(1);
  EXPECT_THAT(Release(), ElementsAre(2));
  ComeBack(0);
  EXPECT_THAT(Release(), IsEmpty());
  End(2);
  EXPECT_THAT(Release(), ElementsAre(0)) << "before new ones";
  EXPECT_EQ((*tasks_)[0].attempt, 1u);
  End(0);
  EXPECT_THAT(Release(), ElementsAre(3));
}

TEST_F(RolloutTest, ACanaryThatIsAwayIsReplaced) {
  spec_.set_canary(1);
  Start(3);
  Release();
  GoAway(0);
  EXPECT_THAT(Release(), ElementsAre(1));
}

TEST_F(RolloutTest, ANodeThatComesBackWaitsForItsGroupsTurn) {
  spec_.set_groups_at_once(1);
  Start(3, {0, 1, 1});
  Release();
  GoAway(0);
  EXPECT_THAT(Release(), ElementsAre(1, 2));
  ComeBack(0);
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
  rollout_->Stop(v1::STOP_REASON_CANCELLED);
  rollout_->Stop(v1::STOP_REASON_MAX_FAILURES);
  EXPECT_FALSE(End(0, End::kFailed));
  EXPECT_THAT(Release(), IsEmpty());
  EXPECT_EQ(rollout_->stop_reason(), v1::STOP_REASON_CANCELLED);
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
      const Turn turn = Next();
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
          GoAway(task);
          --attempts[task];
          away.push_back(task);
          continue;
        }
        const auto end = what == 1 ? End::kDeclined : what <= 3 && spec_.canary() == 0 ? End::kFailed : End::kOk;
        if (!End(task, end)) {
          over[task] = true;
          --left;
        }
      } else if (!away.empty()) {
        ComeBack(away.back());
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

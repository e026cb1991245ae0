#include "base/executor.h"

#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/loop_executor.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "base/timer_queue.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TimerQueueTest, GivesOutTimersByDueTimeAndThenByAge) {
  TimerQueue timers;
  std::vector<int> ran;
  timers.Add(absl::Seconds(2), [&] { ran.push_back(2); });
  timers.Add(absl::Seconds(1), [&] { ran.push_back(1); });
  timers.Add(absl::Seconds(2), [&] { ran.push_back(3); });
  EXPECT_EQ(timers.NextDue(), absl::Seconds(1));
  EXPECT_FALSE(timers.TakeDue(absl::Milliseconds(999)));
  while (Closure task = timers.TakeDue(absl::Seconds(2))) task();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
  EXPECT_EQ(timers.NextDue(), absl::InfiniteDuration());
}

TEST(TimerQueueTest, ACancelledTimerIsGoneAndCannotBeCancelledAgain) {
  TimerQueue timers;
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owned;
  const TimerId timer = timers.Add(absl::Seconds(1), [owned = std::move(owned)] {});
  EXPECT_NE(timer, 0u);
  EXPECT_TRUE(timers.Cancel(timer));
  EXPECT_TRUE(watch.expired());
  EXPECT_FALSE(timers.Cancel(timer));
  EXPECT_FALSE(timers.TakeDue(absl::Hours(1)));
}

TEST(LoopExecutorTest, RunsTasksInTheOrderPosted) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  std::vector<int> ran;
  std::promise<void> done;
  for (int i = 0; i < 1000; ++i) loop.Post([&ran, i] { ran.push_back(i); });
  loop.Post([&done] { done.set_value(); });
  done.get_future().wait();
  ASSERT_EQ(ran.size(), 1000u);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(ran[i], i);
}

TEST(LoopExecutorTest, RunsTasksOnItsOwnThreadAndNeverInline) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  EXPECT_FALSE(loop.OnLoop());
  std::promise<bool> nested_ran_inline;
  loop.Post([&] {
    EXPECT_TRUE(loop.OnLoop());
    auto inside = std::make_shared<bool>(true);
    loop.Post([&nested_ran_inline, inside] { nested_ran_inline.set_value(*inside); });
    *inside = false;
  });
  EXPECT_FALSE(nested_ran_inline.get_future().get());
}

TEST(LoopExecutorTest, AShorterTimerPostedLaterRunsFirst) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  std::vector<int> ran;
  std::promise<void> done;
  loop.PostAfter(absl::Milliseconds(40), [&] {
    ran.push_back(2);
    done.set_value();
  });
  loop.PostAfter(absl::Milliseconds(1), [&] { ran.push_back(1); });
  done.get_future().wait();
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(LoopExecutorTest, ATimerIsNeverEarly) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  std::promise<absl::Duration> ran_at;
  const absl::Duration start = clock.Steady();
  loop.PostAfter(absl::Milliseconds(5), [&] { ran_at.set_value(clock.Steady()); });
  EXPECT_GE(ran_at.get_future().get() - start, absl::Milliseconds(5));
}

TEST(LoopExecutorTest, ATimerThatHasNotRunIsCancelledAlsoWhenItIsDue) {
  ManualClock clock;
  LoopExecutor loop(&clock, "test");
  bool ran = false, ran_before = false;  // only the loop touches them
  std::promise<void> started, go_on;
  loop.Post([&] {
    started.set_value();
    go_on.get_future().wait();
  });
  started.get_future().wait();
  // Both wait for the loop now, and the timer is due: whichever comes first, the other must know.
  const TimerId timer = loop.PostAfter(absl::ZeroDuration(), [&ran] { ran = true; });
  std::promise<bool> cancelled;
  loop.Post([&] {
    ran_before = ran;
    cancelled.set_value(loop.Cancel(timer));
  });
  go_on.set_value();
  const bool was_cancelled = cancelled.get_future().get();
  std::promise<bool> ran_after;
  loop.Post([&] { loop.Post([&] { ran_after.set_value(ran); }); });
  EXPECT_EQ(ran_after.get_future().get(), !was_cancelled);
  EXPECT_EQ(ran_before, !was_cancelled);
}

TEST(LoopExecutorTest, TasksFromManyThreadsAllRun) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  int count = 0;  // only the loop touches it
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 500; ++j) loop.Post([&count] { ++count; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::promise<int> total;
  loop.Post([&] { total.set_value(count); });
  EXPECT_EQ(total.get_future().get(), 2000);
}

TEST(LoopExecutorTest, StopDestroysWhatIsQueuedUnrun) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owned;
  bool ran = false;
  std::promise<void> started, go_on;
  loop.Post([&] {
    started.set_value();
    go_on.get_future().wait();
  });
  started.get_future().wait();
  loop.PostAfter(absl::Hours(1), [owned = std::move(owned), &ran] { ran = true; });
  go_on.set_value();
  loop.Stop();
  loop.Stop();
  EXPECT_TRUE(watch.expired());
  loop.Post([&ran] { ran = true; });
  EXPECT_FALSE(ran);
}

TEST(LoopExecutorTest, StopEndsTheLoopAfterTheTaskThatIsRunning) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  std::promise<void> begun, go;
  bool next_ran = false;
  loop.Post([&] {  // so that the next two are taken together
    loop.Post([&] {
      begun.set_value();
      go.get_future().wait();
    });
    loop.Post([&next_ran] { next_ran = true; });
  });
  begun.get_future().wait();
  std::thread stopper([&loop] { loop.Stop(); });
  for (bool stopping = false; !stopping;) {  // a stopped loop drops what is posted
    auto owned = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = owned;
    loop.Post([owned = std::move(owned)] {});
    stopping = watch.expired();
  }
  go.set_value();
  stopper.join();
  EXPECT_FALSE(next_ran);
}

TEST(LoopExecutorTest, ATaskDestroyedByStopMayPost) {
  SystemClock clock;
  LoopExecutor loop(&clock, "test");
  struct PostsWhenDestroyed {
    LoopExecutor* loop;
    ~PostsWhenDestroyed() {
      loop->Post([] {});
    }
  };
  auto owned = std::make_unique<PostsWhenDestroyed>();
  owned->loop = &loop;
  loop.PostAfter(absl::Hours(1), [owned = std::move(owned)] {});
  loop.Stop();
  EXPECT_FALSE(loop.OnLoop());
}

TEST(ManualExecutorTest, RunsNothingUntilToldTo) {
  ManualClock clock;
  ManualExecutor loop(&clock);
  std::vector<int> ran;
  loop.Post([&] {
    ran.push_back(1);
    loop.Post([&] { ran.push_back(3); });
  });
  loop.Post([&] { ran.push_back(2); });
  EXPECT_THAT(ran, IsEmpty());
  loop.RunUntilIdle();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
}

TEST(ManualExecutorTest, AdvanceRunsEachTimerAtItsOwnTime) {
  ManualClock clock;
  ManualExecutor loop(&clock);
  const absl::Duration start = clock.Steady();
  std::vector<absl::Duration> ran_at;
  loop.PostAfter(absl::Seconds(2), [&] { ran_at.push_back(clock.Steady() - start); });
  loop.PostAfter(absl::Seconds(1), [&] {
    ran_at.push_back(clock.Steady() - start);
    loop.PostAfter(absl::Milliseconds(500), [&] { ran_at.push_back(clock.Steady() - start); });
  });
  loop.PostAfter(absl::Seconds(10), [&] { ran_at.push_back(absl::InfiniteDuration()); });
  loop.Advance(absl::Seconds(5));
  EXPECT_THAT(ran_at, ElementsAre(absl::Seconds(1), absl::Milliseconds(1500), absl::Seconds(2)));
  EXPECT_EQ(clock.Steady() - start, absl::Seconds(5));
}

TEST(ManualExecutorTest, ACancelledTimerDoesNotRun) {
  ManualClock clock;
  ManualExecutor loop(&clock);
  bool ran = false;
  const TimerId timer = loop.PostAfter(absl::Seconds(1), [&] { ran = true; });
  EXPECT_TRUE(loop.Cancel(timer));
  EXPECT_FALSE(loop.Cancel(timer));
  loop.Advance(absl::Seconds(2));
  EXPECT_FALSE(ran);
}

TEST(ManualClockTest, AWallClockJumpLeavesSteadyTimeAlone) {
  ManualClock clock;
  const absl::Duration steady = clock.Steady();
  const absl::Time now = clock.Now();
  clock.JumpWall(-absl::Hours(1));
  EXPECT_EQ(clock.Steady(), steady);
  EXPECT_EQ(clock.Now(), now - absl::Hours(1));
}

}  // namespace
}  // namespace orch

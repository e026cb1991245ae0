#include "services/nodeagent/tasks/task_runner.h"

#include <atomic>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/tasks/task_update.h"
#include "tests/nodeagent/fakes.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

struct Seen {
  std::string attempt_id;
  v1::TaskUpdate update;
};

class TaskRunnerTest : public ::testing::Test {
 protected:
  TaskRunnerTest() : executor_(&clock_), state_(&clock_, {}) {}

  std::unique_ptr<TaskRunner> Make(size_t workers, size_t queue) {
    return std::make_unique<TaskRunner>(TaskRunner::Options{workers, queue}, &clock_, &executor_, &state_,
                                        [this](const std::string& attempt_id, v1::TaskUpdate update, bool) {
                                          seen_.Put({attempt_id, std::move(update)});
                                        });
  }
  TaskSpec Spec(const std::string& attempt_id, std::shared_ptr<FakePlugin> plugin, const std::string& action = "read") {
    TaskSpec spec;
    spec.attempt_id = attempt_id;
    spec.plugin = plugin;
    spec.action = plugin->ddl()->FindAction(action);
    spec.request.plugin = "fake";
    spec.request.action = action;
    spec.deadline = clock_.Steady() + absl::Seconds(10);
    return spec;
  }
  void AwaitIdle(TaskRunner* runner) {
    bool idle = false;
    runner->WhenIdle([&idle] { idle = true; });
    while (!idle) executor_.RunUntilIdle();
  }

  ManualClock clock_;
  ManualExecutor executor_;
  AgentState state_;
  Inbox<Seen> seen_;
};

std::shared_ptr<FakePlugin> Returns(Json data) {
  return std::make_shared<FakePlugin>([data](const auto&, const auto&) {
    actions::Reply reply;
    reply.data = data;
    return reply;
  });
}

// Runs until its latch is open.
std::shared_ptr<FakePlugin> Waits(Latch* running, Latch* until, int max_concurrency = 0) {
  return std::make_shared<FakePlugin>(
      [running, until](const auto&, const auto&) {
        running->Open();
        until->Wait();
        return actions::Reply();
      },
      max_concurrency);
}

TEST_F(TaskRunnerTest, AnswersWithDataAndOutputDefaults) {
  auto runner = Make(2, 10);
  ASSERT_EQ(runner->Submit(Spec("a", Returns({{"text", "x"}}))), TaskRunner::Submitted::kAccepted);
  const v1::TaskUpdate update = seen_.Await(1)[0].update;
  EXPECT_EQ(update.kind(), v1::TaskUpdate::FINISHED);
  EXPECT_EQ(update.reply().state(), v1::OK);
  EXPECT_EQ(update.reply().status_message(), "OK");
  EXPECT_EQ(update.reply().data_json(), R"({"extra":"none","text":"x"})");
  EXPECT_GT(update.reply().run_us(), 0);
}

TEST_F(TaskRunnerTest, LeavesDataOutWhenNotWanted) {
  auto runner = Make(2, 10);
  TaskSpec spec = Spec("a", Returns({{"text", "x"}}));
  spec.no_reply_data = true;
  runner->Submit(std::move(spec));
  EXPECT_EQ(seen_.Await(1)[0].update.reply().data_json(), "");
}

TEST_F(TaskRunnerTest, SaysStartedOnlyForActionsThatChange) {
  auto runner = Make(1, 10);
  runner->Submit(Spec("a", Returns(Json::object()), "change"));
  const std::vector<Seen> seen = seen_.Await(2);
  EXPECT_EQ(seen[0].update.kind(), v1::TaskUpdate::STARTED);
  EXPECT_EQ(seen[1].update.kind(), v1::TaskUpdate::FINISHED);
  runner->Submit(Spec("b", Returns(Json::object()), "read"));
  EXPECT_EQ(seen_.Await(3)[2].update.kind(), v1::TaskUpdate::FINISHED);
}

TEST_F(TaskRunnerTest, AnswersBusyWhenTheQueueIsFull) {
  Latch running, until;
  auto runner = Make(1, 2);
  auto plugin = Waits(&running, &until);
  ASSERT_EQ(runner->Submit(Spec("a", plugin)), TaskRunner::Submitted::kAccepted);
  running.Wait();
  EXPECT_EQ(runner->Submit(Spec("b", plugin)), TaskRunner::Submitted::kAccepted);
  EXPECT_EQ(runner->Submit(Spec("c", plugin)), TaskRunner::Submitted::kAccepted);
  EXPECT_EQ(runner->Submit(Spec("d", plugin)), TaskRunner::Submitted::kBusy);
  until.Open();
  EXPECT_EQ(seen_.Await(3).size(), 3u);
  AwaitIdle(runner.get());
  EXPECT_EQ(runner->Submit(Spec("e", plugin)), TaskRunner::Submitted::kAccepted);
}

TEST_F(TaskRunnerTest, RunsNoMoreOfAnActionThanItsPluginAllows) {
  std::atomic<int> now{0}, most{0};
  auto plugin = std::make_shared<FakePlugin>(
      [&](const auto&, const auto&) {
        const int here = ++now;
        int seen = most.load();
        while (here > seen && !most.compare_exchange_weak(seen, here)) {
        }
        --now;
        return actions::Reply();
      },
      /*max_concurrency=*/1);
  auto runner = Make(4, 100);
  for (int i = 0; i < 50; ++i) runner->Submit(Spec(absl::StrCat("job", i), plugin));
  EXPECT_EQ(seen_.Await(50).size(), 50u);
  EXPECT_EQ(most, 1);
}

TEST_F(TaskRunnerTest, RunsOtherActionsWhileOneIsAtItsLimit) {
  Latch running, until;
  auto limited = Waits(&running, &until, 1);
  auto runner = Make(2, 10);
  runner->Submit(Spec("a", limited, "change"));
  running.Wait();
  runner->Submit(Spec("b", limited, "change"));
  runner->Submit(Spec("c", Returns(Json::object()), "read"));
  const std::vector<Seen> seen = seen_.Await(2);  // STARTED of a, then c
  EXPECT_EQ(seen[1].attempt_id, "c");
  until.Open();
  seen_.Await(5);
}

TEST_F(TaskRunnerTest, ActionsThatShareASlotWaitForEachOther) {
  Latch running, until;
  auto limited = Waits(&running, &until, 1);
  limited->one_slot = true;
  auto runner = Make(3, 10);
  runner->Submit(Spec("a", limited, "change"));
  running.Wait();
  runner->Submit(Spec("b", limited, "read"));
  runner->Submit(Spec("c", Returns(Json::object()), "read"));
  EXPECT_EQ(seen_.Await(2)[1].attempt_id, "c");  // b, which came before it, still waits
  until.Open();
  const std::vector<Seen> seen = seen_.Await(4);
  EXPECT_EQ(seen[2].attempt_id, "a");
  EXPECT_EQ(seen[3].attempt_id, "b");
}

TEST_F(TaskRunnerTest, AnswersForAnActionThatDoesNotEndAfterItsDeadline) {
  Latch running, until;
  auto runner = Make(1, 10);
  runner->Submit(Spec("a", Waits(&running, &until)));
  running.Wait();
  executor_.Advance(absl::Seconds(9));
  EXPECT_TRUE(seen_.All().empty());
  executor_.Advance(absl::Seconds(1));
  EXPECT_TRUE(seen_.All().empty()) << "it is given time to end what it started";
  executor_.Advance(TaskRunner::kEndWait);
  const std::vector<Seen> seen = seen_.Await(1);
  EXPECT_THAT(seen[0].update.reply().status_message(), HasSubstr("may still run"));
  EXPECT_EQ(seen[0].update.reply().status_code(), 5u);
  EXPECT_EQ(seen[0].update.reply().kind(), v1::ERROR_KIND_TIMEOUT);
  EXPECT_EQ(runner->active(), 1u);
  until.Open();
  AwaitIdle(runner.get());
  EXPECT_EQ(seen_.All().size(), 1u);  // its late answer is not sent
}

TEST_F(TaskRunnerTest, TasksThatWaitTooLongTimeOutInTheQueue) {
  Latch running, until;
  auto runner = Make(1, 10);
  runner->Submit(Spec("a", Waits(&running, &until)));
  running.Wait();
  std::atomic<bool> ran{false};
  auto flagged = std::make_shared<FakePlugin>([&](const auto&, const auto&) {
    ran = true;
    return actions::Reply();
  });
  TaskSpec second = Spec("b", flagged);
  second.deadline = clock_.Steady() + absl::Seconds(1);
  runner->Submit(std::move(second));
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(seen_.Await(1)[0].attempt_id, "b");
  EXPECT_EQ(runner->active(), 1u);
  until.Open();
  AwaitIdle(runner.get());
  EXPECT_FALSE(ran);
}

TEST_F(TaskRunnerTest, CancelReachesTheRunningAction) {
  Latch running, until;
  std::atomic<bool> cancelled{false};
  auto plugin = std::make_shared<FakePlugin>([&](const auto&, const actions::Context& context) {
    running.Open();
    until.Wait();
    cancelled = context.cancel->cancelled();
    return actions::Reply::Failure(actions::ErrorKind::kCancelled, "its program was ended");
  });
  auto runner = Make(1, 10);
  runner->Submit(Spec("a", plugin));
  running.Wait();
  EXPECT_TRUE(runner->Cancel("a", v1::ERROR_KIND_CANCELLED, "not wanted any more"));
  EXPECT_TRUE(seen_.All().empty()) << "nothing is answered before all that it started has ended";
  until.Open();
  const v1::Reply reply = seen_.Await(1)[0].update.reply();
  EXPECT_EQ(reply.state(), v1::CANCELLED);
  EXPECT_EQ(reply.status_message(), "not wanted any more");
  AwaitIdle(runner.get());
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(runner->Cancel("a", v1::ERROR_KIND_CANCELLED, "again"));
}

TEST_F(TaskRunnerTest, WhatEndedWellBeforeItWasToldToIsNotUndone) {
  Latch running, until;
  auto runner = Make(1, 10);
  runner->Submit(Spec("a", Waits(&running, &until)));
  running.Wait();
  EXPECT_TRUE(runner->Cancel("a", v1::ERROR_KIND_CANCELLED, "too late"));
  until.Open();
  EXPECT_EQ(seen_.Await(1)[0].update.reply().state(), v1::OK);
}

TEST_F(TaskRunnerTest, RefusesAJobItHolds) {
  Latch running, until;
  auto runner = Make(1, 10);
  auto plugin = Waits(&running, &until);
  runner->Submit(Spec("a", plugin));
  EXPECT_NE(runner->Submit(Spec("a", plugin)), TaskRunner::Submitted::kAccepted);
  until.Open();
  AwaitIdle(runner.get());
  EXPECT_EQ(seen_.All().size(), 1u);
}

TEST_F(TaskRunnerTest, TakesNothingOnceClosed) {
  auto runner = Make(1, 10);
  runner->Close();
  EXPECT_EQ(runner->Submit(Spec("a", Returns(Json::object()))), TaskRunner::Submitted::kClosed);
}

TEST_F(TaskRunnerTest, AdmissionMayEndATaskBeforeItRuns) {
  auto runner = Make(2, 10);
  TaskSpec spec = Spec("a", Returns(Json::object()));
  spec.admit = [](TaskSpec*) { return FilteredUpdate(); };
  runner->Submit(std::move(spec));
  EXPECT_EQ(seen_.Await(1)[0].update.kind(), v1::TaskUpdate::FILTERED);
  AwaitIdle(runner.get());
}

TEST_F(TaskRunnerTest, AdmittedTasksKeepToTheLimitOfTheirAction) {
  std::atomic<int> now{0}, most{0};
  auto plugin = std::make_shared<FakePlugin>(
      [&](const auto&, const auto&) {
        if (++now > 1) most = now.load();
        --now;
        return actions::Reply();
      },
      1);
  auto runner = Make(4, 100);
  for (int i = 0; i < 40; ++i) {
    TaskSpec spec = Spec(absl::StrCat("job", i), plugin);
    spec.admit = [](TaskSpec*) { return std::nullopt; };
    ASSERT_EQ(runner->Submit(std::move(spec)), TaskRunner::Submitted::kAccepted);
  }
  EXPECT_EQ(seen_.Await(40).size(), 40u);
  EXPECT_EQ(most, 0);
}

TEST_F(TaskRunnerTest, WhatAdmissionAddsIsCalledAfterTheAnswer) {
  Inbox<size_t> answers;
  auto runner = Make(1, 10);
  TaskSpec spec = Spec("a", Returns(Json::object()));
  spec.admit = [&](TaskSpec* admitted) {
    admitted->answered = [&] { answers.Put(seen_.All().size()); };
    return std::nullopt;
  };
  runner->Submit(std::move(spec));
  EXPECT_EQ(answers.Await(1)[0], 1u);
}

TEST_F(TaskRunnerTest, ASinkThatIsSlowDelaysNeitherOtherTasksNorACancelAndKeepsTheOrder) {
  Latch writing, written;
  TaskRunner runner({2, 10}, &clock_, &executor_, &state_,
                    [&](const std::string& attempt_id, v1::TaskUpdate update, bool) {
                      if (update.kind() == v1::TaskUpdate::STARTED) {
                        writing.Open();
                        written.Wait();  // as a journal on a slow disk would
                      }
                      seen_.Put({attempt_id, std::move(update)});
                    });
  runner.Submit(Spec("a", Returns(Json::object()), "change"));
  writing.Wait();
  EXPECT_TRUE(runner.Cancel("a", v1::ERROR_KIND_CANCELLED, "not wanted any more"));
  runner.Submit(Spec("b", Returns(Json::object())));
  EXPECT_EQ(seen_.Await(1)[0].attempt_id, "b");
  written.Open();
  const std::vector<Seen> seen = seen_.Await(3);
  EXPECT_EQ(seen[1].update.kind(), v1::TaskUpdate::STARTED);
  EXPECT_EQ(seen[2].update.reply().state(), v1::CANCELLED);
  AwaitIdle(&runner);
  EXPECT_EQ(seen_.All().size(), 3u);
}

TEST_F(TaskRunnerTest, TurnsAThrowingActionIntoACrashReply) {
  auto runner = Make(1, 10);
  auto plugin = std::make_shared<FakePlugin>(
      [](const auto&, const auto&) -> actions::Reply { throw std::runtime_error("broken"); });
  runner->Submit(Spec("a", plugin));
  EXPECT_EQ(seen_.Await(1)[0].update.reply().kind(), v1::ERROR_KIND_CRASH);
}

TEST_F(TaskRunnerTest, RepliesThatAreTooLargeBecomeAnError) {
  auto runner = Make(1, 10);
  runner->Submit(Spec("a", Returns({{"text", std::string(kMaxReplyBytes, 'x')}})));
  const v1::Reply reply = seen_.Await(1)[0].update.reply();
  EXPECT_EQ(reply.status_code(), 5u);
  EXPECT_EQ(reply.kind(), v1::ERROR_KIND_OUTPUT_LIMIT);
  EXPECT_LT(reply.ByteSizeLong(), 10'000u);
  EXPECT_THAT(reply.data_json(), HasSubstr("\"truncated\":true"));
}

TEST_F(TaskRunnerTest, BytesThatAreNoTextDoNotBreakTheReply) {
  auto runner = Make(1, 10);
  auto plugin = std::make_shared<FakePlugin>([](const auto&, const auto&) {
    return actions::Reply::Aborted("bad \xff byte", {{"text", "\xfe"}});
  });
  runner->Submit(Spec("a", plugin));
  const v1::TaskUpdate update = seen_.Await(1)[0].update;
  v1::TaskUpdate again;
  EXPECT_TRUE(again.ParseFromString(update.SerializeAsString()));
  EXPECT_EQ(again.reply().status_message(), "bad \xEF\xBF\xBD byte");
}

TEST_F(TaskRunnerTest, AnInstantActionHasEndedWhenItIsSubmitted) {
  const auto runner = Make(1, 1);
  const std::shared_ptr<FakePlugin> plugin = Returns(Json::object());
  plugin->instant = true;
  EXPECT_EQ(runner->Submit(Spec("1", plugin)), TaskRunner::Submitted::kAccepted);
  EXPECT_EQ(runner->active(), 0u);
  EXPECT_EQ(runner->workers(), 0u);
  EXPECT_EQ(seen_.Await(1).back().update.reply().state(), v1::OK);
  TaskSpec late = Spec("2", plugin);
  late.deadline = clock_.Steady();
  EXPECT_EQ(runner->Submit(std::move(late)), TaskRunner::Submitted::kAccepted);
  EXPECT_EQ(seen_.Await(2).back().update.reply().kind(), v1::ERROR_KIND_TIMEOUT);
  runner->Close();
  EXPECT_EQ(runner->Submit(Spec("3", plugin)), TaskRunner::Submitted::kClosed);
}

TEST_F(TaskRunnerTest, AnInstantActionThatMustBeAdmittedWaitsForItOnAWorker) {
  const auto runner = Make(1, 1);
  const std::shared_ptr<FakePlugin> plugin = Returns(Json::object());
  plugin->instant = true;
  Latch admitted;
  TaskSpec spec = Spec("1", plugin);
  spec.admit = [&admitted](TaskSpec*) {
    admitted.Wait();
    return std::optional<v1::TaskUpdate>();
  };
  EXPECT_EQ(runner->Submit(std::move(spec)), TaskRunner::Submitted::kAccepted);
  EXPECT_EQ(runner->active(), 1u);
  admitted.Open();
  EXPECT_EQ(seen_.Await(1).back().update.reply().state(), v1::OK);
}

TEST_F(TaskRunnerTest, StartsWorkersOnlyWhenThereIsWork) {
  auto runner = Make(8, 10);
  EXPECT_EQ(runner->workers(), 0u);
  runner->Submit(Spec("a", Returns(Json::object())));
  seen_.Await(1);
  EXPECT_LE(runner->workers(), 1u);
}

TEST_F(TaskRunnerTest, DestructionAnswersWhatWaitsAndRuns) {
  Latch running;
  auto plugin = std::make_shared<FakePlugin>([&](const auto&, const actions::Context& context) {
    running.Open();
    while (!context.cancel->cancelled()) {
    }
    return actions::Reply::Failure(actions::ErrorKind::kCancelled, "its program was ended");
  });
  auto runner = Make(1, 10);
  runner->Submit(Spec("a", plugin));
  running.Wait();
  runner->Submit(Spec("b", plugin));
  runner.reset();
  const std::vector<Seen> seen = seen_.All();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].update.reply().kind(), v1::ERROR_KIND_SHUTDOWN);
  EXPECT_EQ(seen[1].update.reply().kind(), v1::ERROR_KIND_SHUTDOWN);
}

}  // namespace
}  // namespace orch::nodeagent

#include "base/process/worker_process.h"

#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/process/cancel_token.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::HasSubstr;

class WorkerProcessTest : public ::testing::Test {
 protected:
  std::unique_ptr<WorkerProcess> Shell(const std::string& script, size_t max_line = 4096) {
    WorkerProcess::Options options;
    options.process.argv = {"/bin/sh", "-c", script};
    options.max_line = max_line;
    auto worker = WorkerProcess::Start(options, &clock_);
    EXPECT_TRUE(worker.ok()) << worker.status();
    return worker.ok() ? *std::move(worker) : nullptr;
  }
  SystemClock clock_;
};

constexpr char kEcho[] = "while read -r line; do echo \"got $line\"; done";

TEST_F(WorkerProcessTest, AnswersLineByLineFromOneProcess) {
  const auto worker = Shell("while read -r line; do echo \"$$ $line\"; done");
  const auto first = worker->Exchange("one", absl::Seconds(5));
  const auto second = worker->Exchange("two", absl::Seconds(5));
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(*first, absl::StrCat(worker->pid(), " one"));
  EXPECT_EQ(*second, absl::StrCat(worker->pid(), " two"));
  EXPECT_TRUE(worker->Alive());
}

TEST_F(WorkerProcessTest, TakesLinesLargerThanAPipe) {
  const auto worker = Shell("while read -r line; do echo ${#line}; done");
  EXPECT_EQ(worker->Exchange(std::string(300'000, 'x'), absl::Seconds(20)).value_or("failed"), "300000");
}

TEST_F(WorkerProcessTest, RefusesRequestsOfSeveralLines) {
  const auto worker = Shell(kEcho);
  EXPECT_EQ(worker->Exchange("a\nb", absl::Seconds(5)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(worker->Exchange("c", absl::Seconds(5)).value_or("failed"), "got c");
}

TEST_F(WorkerProcessTest, ASilentOneIsEndedAtTheDeadline) {
  const auto worker = Shell("read -r line; sleep 600");
  const auto answer = worker->Exchange("x", absl::Milliseconds(100));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(worker->Alive());
}

TEST_F(WorkerProcessTest, OneThatDoesNotReadIsEndedAtTheDeadline) {
  const auto worker = Shell("sleep 600");
  const auto answer = worker->Exchange(std::string(1 << 20, 'x'), absl::Milliseconds(100));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(worker->Alive());
}

TEST_F(WorkerProcessTest, WhatItStartedInOtherSessionsEndsWithIt) {
  const auto worker = Shell("read -r line; setsid sleep 600 & echo $!; read -r line; wait");
  const auto child = worker->Exchange("start", absl::Seconds(5));
  ASSERT_TRUE(child.ok()) << child.status();
  const std::string stat = absl::StrCat("/proc/", *child, "/stat");
  EXPECT_EQ(access(stat.c_str(), F_OK), 0);
  EXPECT_EQ(worker->Exchange("wait", absl::Milliseconds(200)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_NE(access(stat.c_str(), F_OK), 0);
}

TEST_F(WorkerProcessTest, CancellationEndsIt) {
  const auto worker = Shell("read -r line; sleep 600");
  CancelToken cancel;
  cancel.Cancel();
  EXPECT_EQ(worker->Exchange("x", absl::Seconds(60), &cancel).status().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(worker->Alive());
}

TEST_F(WorkerProcessTest, SaysHowItEndedAndWhatItComplained) {
  const auto worker = Shell("read -r line; echo 'no such thing' >&2; exit 7");
  const auto answer = worker->Exchange("x", absl::Seconds(5));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("exit code 7"));
  EXPECT_EQ(worker->ErrorTail(), "no such thing\n");
  EXPECT_EQ(worker->Exchange("x", absl::Seconds(5)).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(WorkerProcessTest, SaysWhichSignalEndedIt) {
  const auto worker = Shell("read -r line; kill -9 $$");
  EXPECT_THAT(std::string(worker->Exchange("x", absl::Seconds(5)).status().message()), HasSubstr("signal 9"));
}

TEST_F(WorkerProcessTest, AnAnswerOverTheLimitEndsIt) {
  const auto worker = Shell("read -r line; yes 12345678 | tr -d '\\n'", 10'000);
  EXPECT_EQ(worker->Exchange("x", absl::Seconds(10)).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(worker->Alive());
}

TEST_F(WorkerProcessTest, WhatItSaysUnaskedIsNotTakenForAnAnswer) {
  const auto worker = Shell("read -r line; printf 'answer\\nmore\\n'; read -r line; echo late");
  EXPECT_EQ(worker->Exchange("x", absl::Seconds(5)).value_or("failed"), "answer");
  EXPECT_EQ(worker->Exchange("y", absl::Seconds(5)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(WorkerProcessTest, ItsStandardErrorIsKeptInBounds) {
  const auto worker = Shell("read -r line; yes complaint | head -c 1000000 >&2; echo done");
  EXPECT_EQ(worker->Exchange("x", absl::Seconds(10)).value_or("failed"), "done");
  EXPECT_LE(worker->ErrorTail().size(), WorkerProcess::kMaxErrorTail);
}

TEST_F(WorkerProcessTest, StopLetsItEndByItself) {
  const auto worker = Shell("while read -r line; do echo \"$line\"; done; echo bye >&2");
  EXPECT_EQ(worker->Exchange("x", absl::Seconds(5)).value_or("failed"), "x");
  worker->Stop(absl::Seconds(5));
  EXPECT_FALSE(worker->Alive());
  EXPECT_EQ(worker->ErrorTail(), "bye\n");
}

TEST_F(WorkerProcessTest, StopKillsOneThatStays) {
  const auto worker = Shell("trap '' TERM HUP; while :; do sleep 600; done");
  worker->Stop(absl::Milliseconds(50));
  EXPECT_FALSE(worker->Alive());
}

TEST_F(WorkerProcessTest, AProgramThatIsNotThereIsAnErrorAtTheStart) {
  WorkerProcess::Options options;
  options.process.argv = {"/nowhere/worker"};
  EXPECT_EQ(WorkerProcess::Start(options, &clock_).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace orch

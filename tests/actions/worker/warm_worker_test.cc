#include "actions/worker/warm_worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "base/process/cancel_token.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

// A worker in shell: `$line` is the request; answers by what it finds in it.
constexpr char kScript[] = R"(
n=0
while read -r line; do
  n=$((n + 1))
  case "$line" in
    *'"do":"exit"'*) echo 'first words' >&2; echo 'it broke' >&2; exit 3 ;;
    *'"do":"hang"'*) sleep 600 ;;
    *'"do":"garbage"'*) echo 'hello there' ;;
    *'"do":"twice"'*) printf '{"n":%s}\n{"n":"late"}\n' $n ;;
    *'"do":"flood"'*) yes 0123456789 | tr -d '\n' ;;
    *'"do":"stranger"'*) echo '{"requestid":"other","n":1}' ;;
    *'"do":"reply"'*) echo '{"statuscode":1,"statusmsg":"no luck","data":{"x":[1,2]}}' ;;
    *'"do":"wait"'*) while [ ! -e "$GATE" ]; do sleep 0.01; done; echo "{\"pid\":$$,\"n\":$n}" ;;
    *) echo "{\"pid\":$$,\"n\":$n}" ;;
  esac
done
)";

class WarmWorkerTest : public ::testing::Test {
 protected:
  std::unique_ptr<WarmWorker> Make(size_t max_processes = 1, absl::Duration idle = absl::Minutes(10)) {
    WarmWorker::Options options;
    options.name = "test";
    options.process.argv = {"/bin/sh", "-c", kScript};
    options.process.env["GATE"] = Gate();
    options.max_processes = max_processes;
    options.idle = idle;
    options.max_answer = 100'000;
    return std::make_unique<WarmWorker>(options, &clock_);
  }
  std::string Gate() const {
    return ::testing::TempDir() + "/warm_worker_gate." + std::to_string(getpid()) + "." +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  absl::StatusOr<Json> Ask(WarmWorker* worker, const char* what, absl::Duration timeout = absl::Seconds(10)) {
    return worker->Ask(Json{{"do", what}, {"requestid", "mine"}}, timeout, nullptr);
  }
  Reply Call(WarmWorker* worker, const char* what, absl::Duration timeout = absl::Seconds(10)) {
    return worker->Call(Json{{"do", what}}, {.clock = &clock_, .timeout = timeout});
  }
  // Of a file that is made by the test's end, so that no shell loops on.
  void Open() { fclose(fopen(Gate().c_str(), "w")); }
  void TearDown() override { remove(Gate().c_str()); }
  SystemClock clock_;
};

TEST_F(WarmWorkerTest, NothingRunsBeforeTheFirstRequest) {
  const auto worker = Make();
  EXPECT_EQ(worker->processes(), 0u);
  EXPECT_EQ(worker->threads(), 0u);
}

TEST_F(WarmWorkerTest, OneProcessAnswersRequestAfterRequest) {
  const auto worker = Make();
  const auto first = Ask(worker.get(), "echo");
  const auto second = Ask(worker.get(), "echo");
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ((*first)["pid"], (*second)["pid"]);
  EXPECT_EQ((*second)["n"], 2);
  EXPECT_EQ(worker->processes(), 1u);
}

TEST_F(WarmWorkerTest, ADeadOneIsReplaced) {
  const auto worker = Make();
  const auto first = Ask(worker.get(), "echo");
  ASSERT_TRUE(first.ok()) << first.status();
  const pid_t pid = (*first)["pid"].get<int>();
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  kill(pid, SIGKILL);
  pollfd ended = {pidfd, POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 10'000), 1);
  close(pidfd);
  const auto second = Ask(worker.get(), "echo");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)["n"], 1);
  EXPECT_NE((*second)["pid"], (*first)["pid"]);
}

TEST_F(WarmWorkerTest, ACrashSaysHowItEndedAndItsLastWords) {
  const auto worker = Make();
  const Reply reply = Call(worker.get(), "exit");
  EXPECT_EQ(reply.status_code, kUnknownError);
  EXPECT_EQ(reply.error_kind, ErrorKind::kCrash);
  EXPECT_EQ(reply.status_message, "test: the worker ended with exit code 3; it last said: first words | it broke");
  EXPECT_EQ(worker->processes(), 0u);
}

TEST_F(WarmWorkerTest, OneThatHangsIsEndedAtTheDeadline) {
  const auto worker = Make();
  const Reply reply = Call(worker.get(), "hang", absl::Milliseconds(200));
  EXPECT_EQ(reply.error_kind, ErrorKind::kTimeout);
  EXPECT_EQ(worker->processes(), 0u);
  EXPECT_TRUE(Ask(worker.get(), "echo").ok());
}

TEST_F(WarmWorkerTest, CancellationEndsTheProcess) {
  const auto worker = Make();
  CancelToken cancel;
  cancel.Cancel();
  const Reply reply =
      worker->Call(Json{{"do", "hang"}}, {.clock = &clock_, .cancel = &cancel, .timeout = absl::Seconds(60)});
  EXPECT_EQ(reply.error_kind, ErrorKind::kCancelled);
  EXPECT_EQ(worker->processes(), 0u);
}

TEST_F(WarmWorkerTest, GarbageIsAProtocolErrorThatQuotesIt) {
  const auto worker = Make();
  const Reply reply = Call(worker.get(), "garbage");
  EXPECT_EQ(reply.error_kind, ErrorKind::kProtocol);
  EXPECT_THAT(reply.status_message, HasSubstr("hello there"));
  EXPECT_EQ(worker->processes(), 0u) << "what it says next might be the rest of the garbage";
}

TEST_F(WarmWorkerTest, AnObjectThatIsNoReplyIsAProtocolError) {
  const auto worker = Make();
  EXPECT_EQ(Call(worker.get(), "echo").error_kind, ErrorKind::kProtocol);
}

TEST_F(WarmWorkerTest, AnAnswerToAnotherRequestIsAProtocolError) {
  const auto worker = Make();
  EXPECT_EQ(ReplyForWorker(Ask(worker.get(), "stranger").status()).error_kind, ErrorKind::kProtocol);
}

TEST_F(WarmWorkerTest, AFloodIsCutOff) {
  const auto worker = Make();
  EXPECT_EQ(Call(worker.get(), "flood").error_kind, ErrorKind::kOutputLimit);
  EXPECT_EQ(worker->processes(), 0u);
}

TEST_F(WarmWorkerTest, AProgramThatIsNotThereIsACrashThatNamesIt) {
  WarmWorker worker({.name = "test", .process = {.argv = {"/nowhere/ruby"}}}, &clock_);
  const Reply reply = Call(&worker, "echo");
  EXPECT_EQ(reply.error_kind, ErrorKind::kCrash);
  EXPECT_THAT(reply.status_message, HasSubstr("/nowhere/ruby"));
  EXPECT_EQ(worker.processes(), 0u);
}

TEST_F(WarmWorkerTest, WhatIsPrintedTooLateIsNotTakenForTheNextAnswer) {
  const auto worker = Make();
  ASSERT_TRUE(Ask(worker.get(), "twice").ok());
  const auto next = Ask(worker.get(), "echo");
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ((*next)["n"], 1) << "a new process answers";
}

TEST_F(WarmWorkerTest, AReplyIsReadWhole) {
  const auto worker = Make();
  const Reply reply = Call(worker.get(), "reply");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_EQ(reply.status_message, "no luck");
  EXPECT_EQ(reply.error_kind, ErrorKind::kNone);
  EXPECT_EQ(reply.data, (Json{{"x", {1, 2}}}));
}

TEST_F(WarmWorkerTest, AsManyAtOnceAsAllowedAndNoMore) {
  const auto worker = Make(2);
  std::vector<absl::StatusOr<Json>> answers(3, absl::UnknownError("not asked"));
  std::vector<std::thread> askers;
  for (int i = 0; i < 2; ++i) askers.emplace_back([&, i] { answers[i] = Ask(worker.get(), "wait"); });
  while (worker->processes() < 2) std::this_thread::yield();
  EXPECT_EQ(ReplyForWorker(Ask(worker.get(), "echo", absl::Milliseconds(100)).status()).error_kind,
            ErrorKind::kTimeout);
  askers.emplace_back([&] { answers[2] = Ask(worker.get(), "echo"); });
  Open();
  for (std::thread& asker : askers) asker.join();
  for (const auto& answer : answers) EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(worker->processes(), 2u);
}

TEST_F(WarmWorkerTest, AnIdleProcessIsEndedAndTheThreadWithIt) {
  const auto worker = Make(1, absl::Milliseconds(50));
  ASSERT_TRUE(Ask(worker.get(), "echo").ok());
  const absl::Duration give_up = clock_.Steady() + absl::Seconds(20);
  while ((worker->processes() > 0 || worker->threads() > 0) && clock_.Steady() < give_up) std::this_thread::yield();
  EXPECT_EQ(worker->processes(), 0u);
  EXPECT_EQ(worker->threads(), 0u);
  EXPECT_TRUE(Ask(worker.get(), "echo").ok()) << "and started again on the next use";
}

}  // namespace
}  // namespace orch::actions

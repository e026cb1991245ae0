#include "base/process/detached_process.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/process/cancel_token.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::HasSubstr;

class DetachedProcessTest : public ::testing::Test {
 protected:
  DetachedProcessTest() {
    std::string name = ::testing::TempDir() + "/orch_detached_XXXXXX";
    folder_ = mkdtemp(name.data());
    options_.log_file = folder_ + "/log";
  }
  ~DetachedProcessTest() override {
    std::error_code busy;  // a keeper may still be writing here
    std::filesystem::remove_all(folder_, busy);
  }

  std::unique_ptr<DetachedProcess> Shell(const std::string& script) {
    options_.process.argv = {"/bin/sh", "-c", script};
    auto started = DetachedProcess::Start(options_);
    EXPECT_TRUE(started.ok()) << started.status();
    return started.ok() ? *std::move(started) : nullptr;
  }
  std::string Log() { return ReadFile(options_.log_file, 4u << 20).value_or("no log"); }
  // A number of /proc/PID/stat, after the name: 0 is the state, 1 the parent, 3 the session.
  static std::string StatField(pid_t pid, size_t index) {
    const std::string text = ReadFile(absl::StrCat("/proc/", pid, "/stat"), 4096).value_or(") gone");
    const std::vector<std::string> fields = absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
    return index < fields.size() ? fields[index] : "";
  }

  std::string folder_;
  DetachedProcess::Options options_;
  SystemClock clock_;
};

TEST_F(DetachedProcessTest, TellsHowItEndedAndKeepsItsOutput) {
  const auto process = Shell("echo out; echo err >&2; exit 7");
  const auto end = process->Wait(absl::Seconds(10), clock_);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_EQ(end->signal, 0);
  EXPECT_EQ(Log(), "out\nerr\n");
  EXPECT_EQ(process->Wait(absl::ZeroDuration(), clock_)->exit_code, 7) << "asked again";
}

TEST_F(DetachedProcessTest, ASignalIsTold) {
  const auto end = Shell("kill -9 $$")->Wait(absl::Seconds(10), clock_);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->signal, SIGKILL);
}

TEST_F(DetachedProcessTest, RunsInASessionOfItsOwnAndIsNoChildOfOurs) {
  ASSERT_EQ(mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  const auto process = Shell("read -r line < " + folder_ + "/fifo");
  const std::string session = StatField(process->pid(), 3);
  EXPECT_NE(session, absl::StrCat(getsid(0)));
  EXPECT_EQ(session, absl::StrCat(process->pid()));
  pid_t keeper = 0;
  ASSERT_TRUE(absl::SimpleAtoi(StatField(process->pid(), 1), &keeper));
  EXPECT_NE(keeper, getpid());
  EXPECT_NE(StatField(keeper, 1), absl::StrCat(getpid())) << "nobody here has to reap the keeper either";
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", "echo go > " + folder_ + "/fifo"};
  ASSERT_TRUE(RunProcess(spec, clock_)->ok());
  EXPECT_TRUE(process->Wait(absl::Seconds(10), clock_).ok());
}

TEST_F(DetachedProcessTest, RunsOnWhenNobodyWaitsAnyMore) {
  ASSERT_EQ(mkfifo((folder_ + "/go").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((folder_ + "/done").c_str(), 0600), 0);
  auto process =
      Shell(absl::StrCat("read -r line < ", folder_, "/go; echo \"late $line\"; echo x > ", folder_, "/done"));
  EXPECT_TRUE(absl::IsDeadlineExceeded(process->Wait(absl::Milliseconds(20), clock_).status()));
  CancelToken cancel;
  cancel.Cancel();
  EXPECT_TRUE(absl::IsCancelled(process->Wait(absl::Seconds(10), clock_, &cancel).status()));
  process.reset();
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", absl::StrCat("echo word > ", folder_, "/go; read -r x < ", folder_, "/done")};
  spec.timeout = absl::Seconds(10);
  ASSERT_TRUE(RunProcess(spec, clock_)->ok());
  // The keeper may still be on its way from the pipe to the file.
  spec.argv = {"/bin/sh", "-c", absl::StrCat("until grep -q 'late word' ", options_.log_file, "; do sleep 0.01; done")};
  EXPECT_TRUE(RunProcess(spec, clock_)->ok()) << Log();
}

TEST_F(DetachedProcessTest, KeepsOnlyAsMuchOutputAsTheBoundAllows) {
  options_.max_log = 10'000;
  const auto end = Shell("head -c 3000000 /dev/zero")->Wait(absl::Seconds(20), clock_);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->exit_code, 0) << "the rest was read and dropped";
  EXPECT_EQ(Log().size(), 10'000u);
}

TEST_F(DetachedProcessTest, WhatItLeavesBehindIsNotWaitedFor) {
  const auto process = Shell("sleep 600 & echo $!; exit 0");
  ASSERT_TRUE(process->Wait(absl::Seconds(10), clock_).ok());
  pid_t left = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Log(), &left));
  EXPECT_EQ(kill(left, SIGKILL), 0) << "and it is left alone";
}

TEST_F(DetachedProcessTest, SaysWhyThereIsNone) {
  options_.process.argv = {"/no/such/program"};
  EXPECT_TRUE(absl::IsNotFound(DetachedProcess::Start(options_).status()));
  const std::string script = folder_ + "/script";
  ASSERT_TRUE(WriteFileDurably(script, "no program", 0755).ok());
  options_.process.argv = {script};
  const absl::Status refused = DetachedProcess::Start(options_).status();
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("no script with a #! line"));
  options_.process.argv = {"/bin/true"};
  options_.log_file = folder_ + "/no/folder/log";
  EXPECT_TRUE(absl::IsNotFound(DetachedProcess::Start(options_).status()));
}

TEST_F(DetachedProcessTest, ALinkAtTheLogsNameIsReplacedNotFollowed) {
  const std::string other = folder_ + "/other";
  ASSERT_TRUE(WriteFileDurably(other, "kept", 0600).ok());
  ASSERT_EQ(symlink(other.c_str(), options_.log_file.c_str()), 0);
  ASSERT_TRUE(Shell("echo new")->Wait(absl::Seconds(10), clock_).ok());
  EXPECT_EQ(Log(), "new\n");
  EXPECT_EQ(ReadFile(other, 100).value_or(""), "kept");
  struct stat info;
  ASSERT_EQ(stat(options_.log_file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DetachedProcessTest, AKeeperThatWasKilledLeavesTheEndUnknown) {
  const auto process = Shell("exec sleep 600");
  pid_t keeper = 0;
  ASSERT_TRUE(absl::SimpleAtoi(StatField(process->pid(), 1), &keeper));
  ASSERT_EQ(kill(keeper, SIGKILL), 0);
  EXPECT_TRUE(absl::IsUnavailable(process->Wait(absl::Seconds(10), clock_).status()));
  EXPECT_EQ(kill(process->pid(), SIGKILL), 0);
}

}  // namespace
}  // namespace orch

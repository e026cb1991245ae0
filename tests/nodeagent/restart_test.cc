// The real orch-nodeagent, killed in the middle of things and started again, against a hub of one page.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/failpoint.h"
#include "base/process/lasting_process.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/nodeagent/fake_hub.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

constexpr char kShellDdl[] = R"({
  "$schema": "https://choria.io/schemas/mcorpc/ddl/v1/agent.json",
  "metadata": {"name": "work", "description": "Works", "author": "A", "license": "L", "version": "1.0.0",
               "url": "http://example.com", "timeout": 60, "provider": "external"},
  "actions": [{"action": "go", "description": "Goes", "display": "always", "input": {},
               "output": {"done": {"description": "Whether", "display_as": "Done", "type": "string"}}}]})";
// Goes on for as long as the file `hold` is there. With the file `scatter`, has children that left its
// session and its family; their numbers are in `scattered`.
constexpr char kProgram[] = R"sh(#!/bin/sh
case "$CHORIA_EXTERNAL_PROTOCOL" in *activation*) echo '{"activate": true}' >"$CHORIA_EXTERNAL_REPLY"; exit 0 ;; esac
here=$(dirname "$0")
echo $$ >>"$here/runs"
if [ -e "$here/scatter" ]; then
  (setsid sh -c 'trap "" TERM HUP; sleep 307 & echo $! >>"$0/scattered"; echo $$ >>"$0/scattered"; wait' "$here" &)
  timeout 600 sleep 307 & echo $! >>"$here/scattered"
  while [ "$(wc -l <"$here/scattered")" -lt 3 ]; do sleep 0.02; done
  echo up >>"$here/scattered"
fi
while [ -e "$here/hold" ]; do sleep 0.02; done
echo '{"statuscode": 0, "statusmsg": "OK", "data": {"done": "yes"}}' >"$CHORIA_EXTERNAL_REPLY"
)sh";

class RestartTest : public testing::Test {
 protected:
  RestartTest() : state_(folder_.Path("state")), plugins_(folder_.Path("plugins")) {
    std::filesystem::create_directories(plugins_);
    Write(plugins_ + "/work.json", kShellDdl, 0644);
    Write(plugins_ + "/work", kProgram, 0755);
    EXPECT_TRUE(auth::WriteNewCredentials(folder_.Path("credentials"), &random_).ok());
    hub_ = std::make_unique<FakeHub>(folder_.Path("credentials"));
    Write(folder_.Path("agent.yaml"),
          absl::StrCat(
              "hub: ", hub_->address(), "\nidentity: node1.example.com\ncredentials: ", folder_.Path("credentials"),
              "\ntls: {mode: plaintext}\nfacts: {builtin: false, facter: off, directory: ", folder_.Path("facts.d"),
              "}\nclasses_files: []\nstate_dir: ", state_, "\nplugins: {directories: [", plugins_,
              "], mcollective: []}\nreconnect: {min: 10ms, max: 100ms}\n"),
          0600);
  }
  ~RestartTest() override {
    Release();
    if (agent_ > 0) Kill();
  }
  static void Write(const std::string& path, const std::string& text, mode_t mode) {
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
  }

  static std::string Program() {
    const char* bin = getenv("ORCH_BIN");
    return std::filesystem::absolute(absl::StrCat(bin == nullptr ? "build/dev/bin" : bin, "/orch-nodeagent"));
  }
  // Waits until the hub knows it.
  void Start(const std::string& failpoints = "") {
    const UniqueFd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const UniqueFd log(open((folder_.Path("log")).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ProcessSpec spec;
    spec.argv = {Program(), "-c", folder_.Path("agent.yaml")};
    if (!failpoints.empty()) spec.env[kFailpointsVariable] = failpoints;
    const size_t before = Registrations();
    agent_ = StartLastingProcess(spec, nothing.get(), log.get()).value();
    while (Registrations() <= before) hub_->received.Await(hub_->received.All().size() + 1);
  }
  size_t Registrations() {
    size_t count = 0;
    for (const v1::NodeMessage& message : hub_->received.All()) count += message.has_register_() ? 1 : 0;
    return count;
  }
  int Wait() {
    int status = 0;
    while (waitpid(agent_, &status, 0) < 0 && errno == EINTR) {
    }
    agent_ = 0;
    return status;
  }
  void Kill() {
    kill(agent_, SIGKILL);
    Wait();
  }
  void Hold() { Write(plugins_ + "/hold", "", 0600); }
  void Release() { unlink((plugins_ + "/hold").c_str()); }
  std::vector<std::string> Runs() {
    const absl::StatusOr<std::string> text = ReadFile(plugins_ + "/runs", 1 << 16);
    return text.ok() ? std::vector<std::string>(absl::StrSplit(*text, '\n', absl::SkipEmpty()))
                     : std::vector<std::string>();
  }
  // Starts the job, whose action then holds with its children about it.
  void GoScattered(int64_t timeout_ms = 60'000) {
    Write(plugins_ + "/scatter", "", 0600);
    Hold();
    Start();
    Go(job_, timeout_ms);
    while (Scattered().empty() || Scattered().back() != "up") Moment();
  }
  std::vector<std::string> Scattered() const {
    const absl::StatusOr<std::string> text = ReadFile(plugins_ + "/scattered", 1 << 16);
    return text.ok() ? std::vector<std::string>(absl::StrSplit(*text, '\n', absl::SkipEmpty()))
                     : std::vector<std::string>();
  }
  // The action and its children: those that are there, be it as zombies.
  std::vector<std::string> Alive() {
    std::vector<std::string> alive;
    for (std::vector<std::string> all : {Runs(), Scattered()}) {
      for (const std::string& pid : all) {
        if (pid != "up" && access(absl::StrCat("/proc/", pid).c_str(), F_OK) == 0) alive.push_back(pid);
      }
    }
    return alive;
  }
  void CancelJob() {
    v1::CancelTask cancel;
    cancel.set_attempt_id(job_);
    hub_->SendSigned(v1::Envelope::CANCEL, job_, cancel.SerializeAsString());
  }
  pid_t RunnerPid() { return atoi(ReadFile(absl::StrCat(state_, "/tasks/", job_, "/pid"), 64).value_or("0").c_str()); }
  void AwaitRun() {
    while (Runs().empty()) Moment();
  }
  // Starts an agent whose action runs until Release.
  void StartRunning(int64_t timeout_ms = 60'000) {
    Hold();
    Start();
    Go(job_, timeout_ms);
    AwaitRun();
  }
  static void Moment() {
    const timespec moment = {0, 5'000'000};
    nanosleep(&moment, nullptr);
  }
  void Go(const std::string& attempt_id, int64_t timeout_ms = 60'000) {
    v1::Command command;
    command.set_attempt_id(attempt_id);
    command.set_plugin("work");
    command.set_action("go");
    command.set_caller("client=peadmin");
    command.set_timeout_ms(timeout_ms);
    command.set_durable(durable_);
    hub_->SendCommand(command);
  }
  // The next update of the job after those taken before, passing over STARTED unless wanted.
  v1::TaskUpdate Next(const std::string& attempt_id, bool started_too = false) {
    while (true) {
      const std::vector<v1::NodeMessage> all = hub_->received.Await(taken_ + 1);
      const v1::NodeMessage& message = all[taken_++];
      v1::TaskUpdate update;
      if (!message.has_update() || message.update().attempt_id() != attempt_id) continue;
      EXPECT_TRUE(update.ParseFromString(message.update().body()));
      if (started_too || update.kind() != v1::TaskUpdate::STARTED) return update;
    }
  }
  v1::TaskUpdate Ask(const std::string& attempt_id) {
    taken_ = hub_->received.All().size();
    hub_->SendSigned(v1::Envelope::QUERY, attempt_id);
    return Next(attempt_id, /*started_too=*/true);
  }
  void ExpectForgottenOnceAcknowledged() {
    hub_->SendAck(job_);
    // Repeats of the outcome may still be on their way.
    v1::TaskUpdate answer = Ask(job_);
    while (answer.kind() == v1::TaskUpdate::FINISHED) answer = Next(job_);
    EXPECT_EQ(answer.kind(), v1::TaskUpdate::GONE);
    while (FoldersLeft() > 0) Moment();
  }
  size_t FoldersLeft() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(state_ + "/tasks")) count += entry.exists() ? 1 : 0;
    return count;
  }

  TempFolder folder_;
  const std::string state_, plugins_;
  SystemRandom random_;
  std::unique_ptr<FakeHub> hub_;
  pid_t agent_ = 0;
  size_t taken_ = 0;
  bool durable_ = true;
  const std::string job_ = std::string(32, 'a');
};

TEST_F(RestartTest, AnActionGoesOnWhenItsAgentIsKilledAndItsOutcomeIsDelivered) {
  StartRunning();
  Kill();
  Release();
  Start();
  const v1::TaskUpdate update = Next(job_);
  EXPECT_EQ(update.reply().state(), v1::OK) << update.DebugString();
  EXPECT_THAT(update.reply().data_json(), HasSubstr("yes"));
  EXPECT_EQ(Runs().size(), 1u);
  ExpectForgottenOnceAcknowledged();
}

TEST_F(RestartTest, AnOutcomeLeftWhileNoAgentWasThereIsDelivered) {
  StartRunning();
  Kill();
  Release();
  while (!std::filesystem::exists(absl::StrCat(state_, "/tasks/", job_, "/outcome"))) Moment();
  Start();
  EXPECT_EQ(Next(job_).reply().state(), v1::OK);
  EXPECT_EQ(Runs().size(), 1u);
}

TEST_F(RestartTest, ANewAgentKnowsWhatRunsAndCanCancelIt) {
  StartRunning();
  Kill();
  Start();
  EXPECT_EQ(Ask(job_).kind(), v1::TaskUpdate::STARTED);
  v1::CancelTask cancel;
  cancel.set_attempt_id(job_);
  hub_->SendSigned(v1::Envelope::CANCEL, job_, cancel.SerializeAsString());
  EXPECT_EQ(Next(job_).reply().state(), v1::CANCELLED);
  EXPECT_NE(kill(atoi(Runs()[0].c_str()), 0), 0) << "what it ran has ended";
}

TEST_F(RestartTest, AnOrderlyStopLeavesTheActionToTheNextAgent) {
  StartRunning();
  kill(agent_, SIGTERM);
  EXPECT_EQ(Wait(), 0);
  Start();
  Release();
  EXPECT_EQ(Next(job_).reply().state(), v1::OK);
  EXPECT_EQ(Runs().size(), 1u);
}

TEST_F(RestartTest, ATimeoutEndsWhatTheActionStarted) {
  StartRunning(500);
  const v1::Reply reply = Next(job_).reply();
  EXPECT_EQ(reply.kind(), v1::ERROR_KIND_TIMEOUT) << reply.DebugString();
  EXPECT_NE(kill(atoi(Runs()[0].c_str()), 0), 0);
}

TEST_F(RestartTest, ACancelledActionLeavesNothingHoweverItsChildrenRegrouped) {
  GoScattered();
  EXPECT_EQ(Alive().size(), 4u);
  CancelJob();
  EXPECT_EQ(Next(job_).reply().state(), v1::CANCELLED);
  EXPECT_THAT(Alive(), testing::IsEmpty());
}

TEST_F(RestartTest, ATimeoutLeavesNothingHoweverItsChildrenRegrouped) {
  GoScattered(2500);
  EXPECT_EQ(Next(job_).reply().kind(), v1::ERROR_KIND_TIMEOUT);
  EXPECT_THAT(Alive(), testing::IsEmpty());
}

TEST_F(RestartTest, ANewAgentsCancelLeavesNothingEither) {
  GoScattered();
  Kill();
  Start();
  CancelJob();
  EXPECT_EQ(Next(job_).reply().state(), v1::CANCELLED);
  EXPECT_THAT(Alive(), testing::IsEmpty());
}

TEST_F(RestartTest, AKilledTaskrunnerIsAnsweredForOnceAllItStartedHasEnded) {
  GoScattered();
  ASSERT_GT(RunnerPid(), 1);
  kill(RunnerPid(), SIGKILL);
  const v1::Reply reply = Next(job_).reply();
  EXPECT_EQ(reply.kind(), v1::ERROR_KIND_CRASH) << reply.DebugString();
  EXPECT_THAT(reply.status_message(), HasSubstr("signal 9"));
  EXPECT_THAT(Alive(), testing::IsEmpty());
}

TEST_F(RestartTest, ATaskrunnerKilledWhileNoAgentIsThereLeavesNothing) {
  GoScattered();
  Kill();
  kill(RunnerPid(), SIGKILL);
  while (!Alive().empty()) Moment();
}

TEST_F(RestartTest, AStoppedTaskrunnerIsCancelledAllTheSame) {
  GoScattered();
  ASSERT_GT(RunnerPid(), 1);
  kill(RunnerPid(), SIGSTOP);
  CancelJob();
  EXPECT_EQ(Next(job_).reply().state(), v1::CANCELLED);
  EXPECT_THAT(Alive(), testing::IsEmpty());
}

// What is not durable runs in the agent, and ends with it.
TEST_F(RestartTest, AKilledAgentLeavesNothingOfWhatRanInIt) {
  durable_ = false;
  GoScattered();
  EXPECT_EQ(RunnerPid(), 0);
  Kill();
  while (!Alive().empty()) Moment();
}

TEST_F(RestartTest, NoTwoAgentsShareAStateDirectory) {
  Start();
  const pid_t first = std::exchange(agent_, 0);
  const UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  ProcessSpec spec;
  spec.argv = {Program(), "-c", folder_.Path("agent.yaml")};
  agent_ = StartLastingProcess(spec, nothing.get(), nothing.get()).value();
  EXPECT_EQ(WEXITSTATUS(Wait()), 1);
  agent_ = first;
}

TEST_F(RestartTest, KilledWhileItSendsAnOutcomeAgainItSendsItOnceMore) {
  if (!ORCH_FAILPOINTS) GTEST_SKIP() << "this build has no failpoints";
  Start();
  Go(job_);
  EXPECT_EQ(Next(job_).reply().state(), v1::OK);
  Kill();
  Start("agent.outcome.resent");
  EXPECT_TRUE(WIFSIGNALED(Wait())) << "the failpoint was not passed";
  Start();
  EXPECT_EQ(Ask(job_).reply().state(), v1::OK);
  EXPECT_EQ(Runs().size(), 1u);
  ExpectForgottenOnceAcknowledged();
}

// Killed anywhere, the job runs at most once, and the hub learns what became of it.
class FailpointsTest : public RestartTest, public testing::WithParamInterface<const char*> {};

TEST_P(FailpointsTest, AJobRunsAtMostOnceAndItsEndIsTold) {
  if (!ORCH_FAILPOINTS) GTEST_SKIP() << "this build has no failpoints";
  Start(GetParam());
  Go(job_);
  const bool of_runner = absl::string_view(GetParam()).substr(0, 7) == "runner.";
  if (absl::StrContains(GetParam(), "settle") || absl::StrContains(GetParam(), "ack")) {
    const v1::Reply reply = Next(job_).reply();
    EXPECT_EQ(reply.state(), v1::OK) << reply.DebugString();
    hub_->SendAck(job_);
  }
  if (of_runner) {
    const v1::Reply reply = Next(job_).reply();
    const bool done = absl::string_view(GetParam()) == "runner.after_outcome";
    EXPECT_EQ(reply.kind(), done ? v1::ERROR_KIND_UNSPECIFIED : v1::ERROR_KIND_CRASH) << reply.DebugString();
    Kill();
  } else {
    EXPECT_TRUE(WIFSIGNALED(Wait())) << "the failpoint was not passed";
  }
  Start();
  v1::TaskUpdate end = Ask(job_);
  if (end.kind() == v1::TaskUpdate::STARTED) end = Next(job_);
  if (end.kind() == v1::TaskUpdate::UNKNOWN) {
    EXPECT_TRUE(Runs().empty());
    Go(job_);
    end = Next(job_);
    EXPECT_EQ(end.reply().state(), v1::OK) << end.DebugString();
  }
  if (end.kind() == v1::TaskUpdate::FINISHED && end.reply().state() == v1::OK) {
    EXPECT_EQ(Runs().size(), 1u);
  }
  EXPECT_LE(Runs().size(), 1u);
  EXPECT_THAT(end.kind(), testing::AnyOf(v1::TaskUpdate::FINISHED, v1::TaskUpdate::GONE));
  ExpectForgottenOnceAcknowledged();
}

INSTANTIATE_TEST_SUITE_P(Everywhere, FailpointsTest,
                         testing::Values("agent.journal.before_accepted", "agent.journal.after_accepted",
                                         "agent.runner.before_start", "agent.runner.after_start", "agent.runner.ended",
                                         "agent.journal.before_finished", "agent.journal.after_finished",
                                         "agent.outcome.before_send", "agent.outcome.after_send",
                                         "agent.journal.before_settled", "agent.journal.after_settled",
                                         "agent.outcome.after_ack", "runner.started", "runner.before_outcome",
                                         "runner.after_outcome"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace orch::nodeagent

#include "base/process/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/process/cancel_token.h"
#include "base/process/find_program.h"
#include "base/process/process_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using End = ProcessResult::End;

class ProcessTest : public ::testing::Test {
 protected:
  ProcessResult Shell(const std::string& script, ProcessSpec spec = {}) {
    spec.argv = {"/bin/sh", "-c", script};
    return Run(spec);
  }
  ProcessResult Run(const ProcessSpec& spec) {
    const auto result = RunProcess(spec, clock_);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : ProcessResult{};
  }
  // The kernel has ended it, or does so within seconds.
  static bool Ends(absl::string_view text) {
    int pid = 0;
    EXPECT_TRUE(absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &pid)) << text;
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) return errno == ESRCH;
    pollfd exited = {fd, POLLIN, 0};
    const bool ended = poll(&exited, 1, 5000) == 1;
    close(fd);
    return ended;
  }
  SystemClock clock_;
};

TEST_F(ProcessTest, ReturnsOutputErrorsAndExitCode) {
  const ProcessResult result = Shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(Shell("exit 0").ok());
}

TEST_F(ProcessTest, PassesArgumentsUntouchedByAnyShell) {
  ProcessSpec spec;
  spec.argv = {"printf", "%s|", "$(id)", "a b", "", "*", ";ls"};
  EXPECT_EQ(Run(spec).out, "$(id)|a b||*|;ls|");
}

TEST_F(ProcessTest, GivesStandardInputThenEndOfFile) {
  ProcessSpec spec;
  spec.stdin_text = std::string(1 << 20, 'x');
  EXPECT_EQ(Shell("wc -c", spec).out, "1048576\n");
  EXPECT_EQ(Shell("cat").out, "");
}

TEST_F(ProcessTest, InheritsNoEnvironmentButTheBase) {
  setenv("ORCH_TEST_SECRET", "do not leak", 1);
  ProcessSpec spec;
  spec.env["GIVEN"] = "yes";
  const std::string env = Shell("env", spec).out;
  unsetenv("ORCH_TEST_SECRET");
  EXPECT_THAT(env,
              AllOf(HasSubstr("GIVEN=yes\n"), HasSubstr("LC_ALL=C.UTF-8\n"), HasSubstr("PATH="), HasSubstr("HOME=")));
  EXPECT_THAT(env, Not(HasSubstr("ORCH_TEST_SECRET")));
}

TEST_F(ProcessTest, RunsInTheGivenFolderOrTheRoot) {
  EXPECT_EQ(Shell("pwd").out, "/\n");
  ProcessSpec spec;
  spec.cwd = "/usr";
  EXPECT_EQ(Shell("pwd", spec).out, "/usr\n");
  spec.cwd = "/nosuch";
  spec.argv = {"true"};
  EXPECT_THAT(RunProcess(spec, clock_).status().message(), HasSubstr("/nosuch"));
}

TEST_F(ProcessTest, InheritsNeitherDescriptorsNorSignalMaskNorHandlers) {
  const int leaked = open("/dev/null", O_RDONLY);  // without CLOEXEC
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct sigaction ignore = {}, old = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &old);
  ProcessSpec spec;
  spec.argv = {"/bin/cat", "/proc/self/status"};
  const std::string status = Run(spec).out;
  const std::string fds = Shell("ls /proc/$$/fd | tr '\\n' ' '").out;
  sigaction(SIGPIPE, &old, nullptr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(leaked);
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("SigIgn:\t0000000000000000"));
  EXPECT_EQ(fds, "0 1 2 ");
}

TEST_F(ProcessTest, LeadsASessionOfItsOwn) {
  const std::vector<std::string> fields = absl::StrSplit(Shell("echo $$; cut -d' ' -f5,6 /proc/$$/stat").out, '\n');
  ASSERT_GE(fields.size(), 2u);
  EXPECT_EQ(fields[1], absl::StrCat(fields[0], " ", fields[0]));
}

TEST_F(ProcessTest, SaysWhatIsWrongWithAProgramThatCannotRun) {
  ProcessSpec spec;
  EXPECT_EQ(RunProcess(spec, clock_).status().code(), absl::StatusCode::kInvalidArgument);
  spec.argv = {"no-such-program-here"};
  EXPECT_EQ(RunProcess(spec, clock_).status().code(), absl::StatusCode::kNotFound);
  spec.argv = {"/etc/passwd"};
  EXPECT_EQ(RunProcess(spec, clock_).status().code(), absl::StatusCode::kPermissionDenied);
  spec.argv = {"/"};
  EXPECT_EQ(RunProcess(spec, clock_).status().code(), absl::StatusCode::kNotFound);
  spec.argv = {"echo", std::string("a\0b", 3)};
  EXPECT_EQ(RunProcess(spec, clock_).status().code(), absl::StatusCode::kInvalidArgument);
  spec.argv = {"echo", std::string(3 << 20, 'a')};
  EXPECT_EQ(RunProcess(spec, clock_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ProcessTest, AScriptWhoseInterpreterIsMissingIsNotFound) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/orch_process_script_", getpid());
  std::ofstream(path) << "#!/no/such/interpreter\n";
  chmod(path.c_str(), 0755);
  ProcessSpec spec;
  spec.argv = {path};
  EXPECT_EQ(RunProcess(spec, clock_).status().code(), absl::StatusCode::kNotFound);
  unlink(path.c_str());
}

TEST_F(ProcessTest, TimeoutEndsTheWholeGroup) {
  ProcessSpec spec;
  spec.timeout = absl::Milliseconds(300);
  const ProcessResult result = Shell("sleep 100 & echo $!; echo started; sleep 100", spec);
  EXPECT_EQ(result.end, End::kTimedOut);
  EXPECT_THAT(result.out, HasSubstr("started"));
  EXPECT_LT(result.wall, absl::Seconds(5));
  EXPECT_TRUE(Ends(result.out.substr(0, result.out.find('\n'))));
}

TEST_F(ProcessTest, AProcessThatIgnoresTermIsKilledAfterTheGrace) {
  ProcessSpec spec;
  spec.timeout = absl::Milliseconds(200);
  spec.kill_grace = absl::Milliseconds(200);
  const ProcessResult result = Shell("trap '' TERM; while :; do sleep 0.05; done", spec);
  EXPECT_EQ(result.end, End::kTimedOut);
  EXPECT_GE(result.wall, absl::Milliseconds(390));
  EXPECT_LT(result.wall, absl::Seconds(5));
}

TEST_F(ProcessTest, TermGivesTimeToCleanUp) {
  ProcessSpec spec;
  spec.timeout = absl::Milliseconds(300);
  spec.kill_grace = absl::Seconds(20);
  const ProcessResult result = Shell("trap 'echo cleaned; exit 0' TERM; while :; do sleep 0.05; done", spec);
  EXPECT_EQ(result.end, End::kTimedOut);
  EXPECT_THAT(result.out, HasSubstr("cleaned"));
  EXPECT_LT(result.wall, absl::Seconds(10));
}

TEST_F(ProcessTest, WhatTheLeaderLeavesBehindInItsGroupIsKilled) {
  const ProcessResult result = Shell("sleep 100 & echo $!");
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_LT(result.wall, absl::Seconds(5));
  EXPECT_TRUE(Ends(result.out));
}

TEST_F(ProcessTest, AGrandchildOfAnotherSessionHoldingThePipesDoesNotHangUs) {
  const ProcessResult result = Shell("setsid sh -c 'echo $$; exec sleep 30' & sleep 0.3; exit 0");
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_LT(result.wall, absl::Seconds(10));
  EXPECT_TRUE(Ends(result.out));
}

TEST_F(ProcessTest, ASignalIsReportedAsOne) {
  const ProcessResult result = Shell("kill -9 $$");
  EXPECT_EQ(result.end, End::kSignalled);
  EXPECT_EQ(result.signal, SIGKILL);
}

TEST_F(ProcessTest, OutputBeyondTheLimitIsReadAndDropped) {
  ProcessSpec spec;
  spec.max_output = 1000;
  const ProcessResult result = Shell("head -c 3000000 /dev/zero; echo e >&2", spec);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.out.size(), 1000u);
  EXPECT_TRUE(result.out_truncated);
  EXPECT_FALSE(result.err_truncated);
}

TEST_F(ProcessTest, OutputBeyondTheLimitEndsTheGroupWhenAsked) {
  ProcessSpec spec;
  spec.max_output = 1000;
  spec.end_on_output_limit = true;
  const ProcessResult result = Shell("yes", spec);
  EXPECT_EQ(result.end, End::kOutputLimit);
  EXPECT_LT(result.wall, absl::Seconds(5));
}

// Asked for the time, waits until a child of this process has ended.
class ClockAfterTheEnd final : public Clock {
 public:
  absl::Time Now() const override { return clock_.Now(); }
  absl::Duration Steady() const override {
    siginfo_t info = {};
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    return clock_.Steady();
  }

 private:
  SystemClock clock_;
};

TEST_F(ProcessTest, OutputBeyondTheLimitIsSaidOfAProcessThatHasEndedAlready) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", "echo too much"};
  spec.max_output = 3;
  spec.end_on_output_limit = true;
  const auto result = RunProcess(spec, ClockAfterTheEnd());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->end, End::kOutputLimit);
  EXPECT_EQ(result->out, "too");
  EXPECT_TRUE(result->out_truncated);
}

TEST_F(ProcessTest, CancellationFromAnotherThreadEndsIt) {
  CancelToken cancel;
  ProcessSpec spec;
  spec.cancel = &cancel;
  spec.argv = {"sleep", "100"};
  std::thread canceller([&cancel] { cancel.Cancel(); });
  const ProcessResult result = Run(spec);
  canceller.join();
  EXPECT_EQ(result.end, End::kCancelled);
  EXPECT_TRUE(cancel.cancelled());
  EXPECT_LT(result.wall, absl::Seconds(5));
  EXPECT_EQ(Run(spec).end, End::kCancelled);  // and does not start when cancelled before
}

TEST_F(ProcessTest, ManyAtOnceDoNotMixUpTheirOutput) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] {
      for (int k = 0; k < 5; ++k) EXPECT_EQ(Shell(absl::StrCat("echo ", i, " ", k)).out, absl::StrCat(i, " ", k, "\n"));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ProcessTest, FindsProgramsAsExecWould) {
  EXPECT_TRUE(FindProgram("sh").ok());
  EXPECT_EQ(*FindProgram("/bin/sh"), "/bin/sh");
  EXPECT_EQ(FindProgram("no-such-program-here").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(FindProgram("").ok());
}

}  // namespace
}  // namespace orch

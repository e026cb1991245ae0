#include "base/process/guarded_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/durable_file.h"
#include "base/process/cancel_token.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "base/process/worker_process.h"
#include "base/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::HasSubstr;
using End = ProcessResult::End;

// Ways to leave the group, the session and the family of the process that started it. MARK is a time to
// sleep, of this test alone.
constexpr const char* kEscapes[] = {
    "sleep MARK & ",
    "timeout 600 sleep MARK & ",
    "setsid sleep MARK & ",
    "nohup setsid sleep MARK >/dev/null 2>&1 & ",
    "(setsid sh -c 'sleep MARK & sleep MARK & exit 0' &) ; ",
    "(sh -c 'trap \"\" TERM HUP INT; setsid sh -c \"trap \\\"\\\" TERM; (sleep MARK &) ; sleep MARK\" & exit 0') ; ",
    "env -i setsid sleep MARK & ",
};

class GuardedProcessTest : public ::testing::Test {
 protected:
  GuardedProcessTest() {
    static int test = 0;
    mark_ = absl::StrCat("307.", getpid(), ++test);
    std::string name = ::testing::TempDir() + "/orch_guarded_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~GuardedProcessTest() override {
    for (const int pid : Marked()) kill(pid, SIGKILL);
    std::filesystem::remove_all(folder_);
  }
  std::string Marks(absl::string_view script) const {
    return absl::StrReplaceAll(script, {{"MARK", mark_}, {"FOLDER", folder_}});
  }
  ProcessSpec Shell(absl::string_view script) const {
    ProcessSpec spec;
    spec.argv = {"/bin/sh", "-c", Marks(script)};
    spec.kill_grace = absl::Milliseconds(200);
    return spec;
  }
  ProcessResult Run(const ProcessSpec& spec) const {
    const auto result = RunProcess(spec, clock_);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : ProcessResult{};
  }
  // Those that sleep for the mark, zombies left out.
  std::vector<int> Marked() const {
    std::vector<int> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      int pid = 0;
      if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
      const std::string words = ReadFile(absl::StrCat("/proc/", pid, "/cmdline"), 1 << 16).value_or("");
      if (absl::StartsWith(words, "sleep") && absl::StrContains(words, mark_)) found.push_back(pid);
    }
    return found;
  }
  template <typename Condition>
  bool Within(absl::Duration limit, Condition condition) const {
    const absl::Duration give_up = clock_.Steady() + limit;
    while (!condition()) {
      if (clock_.Steady() > give_up) return false;
      const timespec moment = {0, 5'000'000};
      nanosleep(&moment, nullptr);
    }
    return true;
  }
  bool SleepersComeUp() const {
    return Within(absl::Seconds(20), [this] { return !Marked().empty(); });
  }
  // In a process of its own; returns its exit code or, negative, the signal that ended it.
  template <typename Work>
  pid_t Fork(Work work) const {
    const pid_t pid = fork();
    if (pid == 0) _exit(work());
    return pid;
  }
  static int Wait(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string mark_;
  std::string folder_;
  SystemClock clock_;
};

TEST_F(GuardedProcessTest, ATimeoutLeavesNothingHoweverItRegrouped) {
  for (const char* escape : kEscapes) {
    ProcessSpec spec = Shell(absl::StrCat(escape, "sleep MARK"));
    spec.timeout = absl::Milliseconds(500);
    EXPECT_EQ(Run(spec).end, End::kTimedOut) << escape;
    EXPECT_TRUE(Marked().empty()) << escape;
  }
}

TEST_F(GuardedProcessTest, ACancellationLeavesNothingHoweverItRegrouped) {
  for (const char* escape : kEscapes) {
    CancelToken cancel;
    ProcessSpec spec = Shell(absl::StrCat(escape, "sleep MARK"));
    spec.cancel = &cancel;
    std::thread canceller([&] {
      EXPECT_TRUE(SleepersComeUp());
      cancel.Cancel();
    });
    EXPECT_EQ(Run(spec).end, End::kCancelled) << escape;
    EXPECT_TRUE(Marked().empty()) << escape;
    canceller.join();
  }
}

TEST_F(GuardedProcessTest, AnEndOfItsOwnLeavesNothingHoweverItRegrouped) {
  for (const char* escape : kEscapes) {
    const ProcessResult result = Run(Shell(absl::StrCat(escape, "echo done; exit 3")));
    EXPECT_EQ(result.exit_code, 3) << escape;
    EXPECT_EQ(result.out, "done\n") << escape;
    EXPECT_TRUE(Marked().empty()) << escape;
  }
}

TEST_F(GuardedProcessTest, OneInAGroupOfItsOwnHasTimeToCleanUpToo) {
  ProcessSpec spec = Shell("setsid sh -c 'trap \"echo cleaned; exit 0\" TERM; while :; do sleep 0.05; done'");
  spec.timeout = absl::Milliseconds(500);
  spec.kill_grace = absl::Seconds(20);
  const ProcessResult result = Run(spec);
  EXPECT_EQ(result.end, End::kTimedOut);
  EXPECT_THAT(result.out, HasSubstr("cleaned"));
  EXPECT_LT(result.wall, absl::Seconds(10));
}

TEST_F(GuardedProcessTest, ThoseThatAreStoppedAreEndedToo) {
  ProcessSpec spec = Shell("setsid sleep MARK & P=$!; kill -STOP $P; sleep MARK & kill -STOP $!; kill -STOP $$");
  spec.timeout = absl::Milliseconds(500);
  EXPECT_EQ(Run(spec).end, End::kTimedOut);
  EXPECT_TRUE(Marked().empty());
}

// Each starts its successor in a new session before it ends.
TEST_F(GuardedProcessTest, OneThatMultipliesFasterThanItIsLookedForIsEnded) {
  std::ofstream(folder_ + "/hare") << "#!/bin/sh\ntrap '' TERM\nsetsid $0 & setsid sleep " << mark_ << " & exit 0\n";
  chmod((folder_ + "/hare").c_str(), 0755);
  ProcessSpec spec = Shell("ulimit -u 400 2>/dev/null; setsid FOLDER/hare & sleep MARK");
  spec.timeout = absl::Milliseconds(300);
  EXPECT_EQ(Run(spec).end, End::kTimedOut);
  EXPECT_TRUE(Marked().empty());
  EXPECT_TRUE(Within(absl::Seconds(1), [this] { return Marked().empty(); }));
}

TEST_F(GuardedProcessTest, NothingIsLeftWhenItsMakerIsKilled) {
  for (const char* escape : kEscapes) {
    const pid_t maker = Fork([&] {
      Run(Shell(absl::StrCat(escape, "sleep MARK")));
      return 0;
    });
    ASSERT_TRUE(SleepersComeUp()) << escape;
    kill(maker, SIGKILL);
    EXPECT_EQ(Wait(maker), -SIGKILL);
    EXPECT_TRUE(Within(absl::Seconds(10), [this] { return Marked().empty(); })) << escape;
  }
}

TEST_F(GuardedProcessTest, ItsTimeEndsItThoughItsMakerIsStopped) {
  const pid_t maker = Fork([&] {
    auto process = GuardedProcess::Start(Shell("setsid sleep MARK & sleep MARK"), UniqueFd(open("/dev/null", O_RDONLY)),
                                         {.leaves = false, .limit = absl::Milliseconds(1500)});
    return process.ok() && raise(SIGSTOP) == 0 ? 0 : 1;
  });
  ASSERT_TRUE(SleepersComeUp());
  EXPECT_TRUE(Within(absl::Seconds(20), [this] { return Marked().empty(); }));
  kill(maker, SIGCONT);
  EXPECT_EQ(Wait(maker), 0);
}

TEST_F(GuardedProcessTest, WhoLooksForTheMakerDoesNotFindTheGuard) {
  EXPECT_EQ(Run(Shell("tr '\\0' ' ' </proc/$PPID/cmdline; cat /proc/$PPID/comm")).out.substr(0, 10), "orch-guard");
  EXPECT_THAT(Run(Shell("cat /proc/$PPID/comm")).out, "orch-guard\n");
  EXPECT_EQ(Run(Shell("tr -d '\\0' </proc/$PPID/cmdline")).out, "orch-guard");
}

TEST_F(GuardedProcessTest, AGuardThatIsKilledIsSaidAndItsProcessesAreEnded) {
  const ProcessResult result = Run(Shell("setsid sleep MARK & sleep 0.2; kill -9 $PPID; sleep MARK"));
  EXPECT_EQ(result.end, End::kSignalled);
  EXPECT_EQ(result.signal, SIGKILL);
  EXPECT_TRUE(Within(absl::Seconds(5), [this] { return Marked().empty(); }));
}

TEST_F(GuardedProcessTest, WhatAServiceStartLeavesLivesOnAndMayPrint) {
  ProcessSpec spec = Shell(
      "nohup sh -c 'while [ -d FOLDER ]; do echo tick || exit 1; echo >> FOLDER/ticks; sleep 0.02; done' & "
      "(setsid sleep MARK &); echo started; exit 0");
  spec.leaves = true;
  const ProcessResult result = Run(spec);
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(result.out, HasSubstr("started\n"));
  const auto ticks = [this] { return ReadFile(folder_ + "/ticks", 1 << 20).value_or("").size(); };
  const size_t before = ticks();
  EXPECT_TRUE(Within(absl::Seconds(20), [&] { return ticks() > before + 20; })) << "it ended when it printed";
  EXPECT_EQ(Marked().size(), 1u);
}

TEST_F(GuardedProcessTest, AServiceStartThatIsCancelledLeavesNothing) {
  CancelToken cancel;
  ProcessSpec spec = Shell("(setsid sleep MARK &) ; sleep MARK");
  spec.leaves = true;
  spec.cancel = &cancel;
  std::thread canceller([&] {
    EXPECT_TRUE(SleepersComeUp());
    cancel.Cancel();
  });
  EXPECT_EQ(Run(spec).end, End::kCancelled);
  EXPECT_TRUE(Marked().empty());
  canceller.join();
}

TEST_F(GuardedProcessTest, AWorkersOrphansHaveEndedWhenItAnswers) {
  WorkerProcess::Options options;
  options.process = Shell("read -r line; (setsid sleep MARK &); echo one; read -r line; sleep MARK");
  const auto worker = WorkerProcess::Start(options, &clock_);
  ASSERT_TRUE(worker.ok()) << worker.status();
  EXPECT_EQ((*worker)->Exchange("x", absl::Seconds(10)).value_or("failed"), "one");
  EXPECT_TRUE(Marked().empty());
  EXPECT_TRUE((*worker)->Alive());
}

TEST_F(GuardedProcessTest, AFailingRequestEndsWhatItStartedAndLeavesWhatEarlierOnesStarted) {
  WorkerProcess::Options options;
  options.process = Shell(
      "read -r line; (setsid sleep MARK &); echo one; read -r line; (setsid sleep MARK &) ; timeout 600 sleep MARK");
  options.process.leaves = true;
  const auto worker = WorkerProcess::Start(options, &clock_);
  ASSERT_TRUE(worker.ok()) << worker.status();
  EXPECT_EQ((*worker)->Exchange("x", absl::Seconds(10)).value_or("failed"), "one");
  ASSERT_TRUE(SleepersComeUp());
  EXPECT_TRUE(absl::IsDeadlineExceeded((*worker)->Exchange("y", absl::Milliseconds(700)).status()));
  EXPECT_EQ(Marked().size(), 1u);
}

TEST_F(GuardedProcessTest, ItHasTheSystemsDefaultsAndNotOurs) {
  EXPECT_EQ(Wait(Fork([&] {
              std::ofstream("/proc/self/oom_score_adj") << 321;
              setpriority(PRIO_PROCESS, 0, 7);
              umask(077);
              rlimit files;
              getrlimit(RLIMIT_NOFILE, &files);
              files.rlim_cur = files.rlim_max;
              setrlimit(RLIMIT_NOFILE, &files);
              for (const auto what : {RLIMIT_CORE, RLIMIT_CPU, RLIMIT_FSIZE}) {
                rlimit limit;
                getrlimit(what, &limit);
                limit.rlim_cur = std::min<rlim_t>(rlim_t{1} << 30, limit.rlim_max);
                setrlimit(what, &limit);
              }
              const std::string text = Run(Shell("cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn; umask; nice; "
                                                 "ulimit -Sc; ulimit -St; ulimit -Sf"))
                                           .out;
              const std::string nice = geteuid() == 0 ? "0" : "7";
              const std::string wanted =
                  absl::StrCat("0\n1024\n", files.rlim_max, "\n0022\n", nice, "\n0\nunlimited\nunlimited\n");
              EXPECT_EQ(text, wanted);
              int score = 0;
              std::ifstream("/proc/self/oom_score_adj") >> score;
              EXPECT_EQ(score, 321) << "the maker keeps its own";
              return ::testing::Test::HasFailure() ? 1 : 0;
            })),
            0);
}

TEST_F(GuardedProcessTest, ItsLocaleIsUtf8AndItMayChooseAnother) {
  for (const bool bare : {false, true}) {
    ProcessSpec spec = Shell("echo $LANG $LC_ALL; locale charmap; LC_ALL=C locale charmap");
    spec.bare_env = bare;
    EXPECT_EQ(Run(spec).out, "C.UTF-8 C.UTF-8\nUTF-8\nANSI_X3.4-1968\n") << bare;
    spec.env["LC_ALL"] = "C";
    EXPECT_THAT(Run(spec).out, HasSubstr("C.UTF-8 C\n"));
  }
}

TEST_F(GuardedProcessTest, TextThatIsCutEndsWithAWholeCharacter) {
  ProcessSpec spec = Shell("printf 'aaää'; printf 'ää€' >&2");
  for (const size_t room : {3, 4, 5}) {
    spec.max_output = room;
    const ProcessResult result = Run(spec);
    EXPECT_EQ(result.out, room < 4 ? "aa" : "aaä") << room;
    EXPECT_EQ(result.err, room < 4 ? "ä" : "ää") << room;
  }
}

// Where a cgroup was delegated, not even the death of the guard lets anything escape.
TEST_F(GuardedProcessTest, ACgroupKeepsWhatOutlivesItsGuard) {
  const std::string cgroup = absl::StrCat(
      "/sys/fs/cgroup/", access("/sys/fs/cgroup/unified", F_OK) == 0 ? "unified/" : "", "orch-test-", getpid());
  if (mkdir(cgroup.c_str(), 0755) != 0 || access((cgroup + "/cgroup.kill").c_str(), W_OK) != 0 ||
      setxattr(cgroup.c_str(), "user.delegate", "1", 1, 0) != 0) {
    rmdir(cgroup.c_str());
    GTEST_SKIP() << "no cgroup may be made here";
  }
  EXPECT_EQ(Wait(Fork([&] {
              std::ofstream(cgroup + "/cgroup.procs") << "0";
              const ProcessResult result = Run(
                  Shell("(setsid sh -c 'sleep MARK & sleep MARK & exit 0' &) ; sleep 0.2; kill -9 $PPID; sleep MARK"));
              EXPECT_EQ(result.end, End::kSignalled);
              EXPECT_TRUE(Marked().empty());
              ProcessSpec service = Shell("(setsid sleep MARK &); cat /proc/self/cgroup");
              service.leaves = true;
              EXPECT_THAT(Run(service).out, HasSubstr("/lasting\n"));
              EXPECT_TRUE(SleepersComeUp());
              EXPECT_TRUE(Run(Shell("exit 0")).ok());
              size_t left = 0;
              for (const auto& entry : std::filesystem::directory_iterator(cgroup)) {
                left += entry.is_directory() && entry.path().filename() != "lasting" ? 1 : 0;
              }
              EXPECT_EQ(left, 0u);
              EXPECT_EQ(Marked().size(), 1u);
              return ::testing::Test::HasFailure() ? 1 : 0;
            })),
            0);
  for (const int pid : Marked()) kill(pid, SIGKILL);
  EXPECT_TRUE(Within(absl::Seconds(10), [&] {
    rmdir((cgroup + "/lasting").c_str());
    return rmdir(cgroup.c_str()) == 0;
  }));
}

}  // namespace
}  // namespace orch

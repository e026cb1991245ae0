// The action "runonce": when a run may begin, by which way, and what is said of its end.
#include <string>
#include <thread>

#include "actions/puppet/puppet_memory.h"
#include "actions/puppet/puppet_program.h"
#include "base/process/cancel_token.h"
#include "gmock/gmock.h"
#include "tests/actions/plugins/puppet/fake_puppet.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class PuppetRunTest : public PuppetTest {
 protected:
  // What the newest run was started with, once it has said so.
  std::string LastRunArguments() {
    for (int i = 0; i < 10'000 && Calls("agent").empty(); ++i) usleep(1000);
    const std::string calls = Calls("agent");
    unlink((folder_ + "/calls").c_str());
    return calls;
  }
  std::string Command(const Json& inputs) {
    options_.puppet->started_run = 0;
    const Reply reply = Run("puppet", "runonce", inputs);
    EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
    const std::string arguments = LastRunArguments();
    EXPECT_EQ(reply.data["summary"], absl::StrCat("Started a Puppet run using the '", folder_, "/puppet ",
                                                  arguments.substr(0, arguments.size() - 1), "' command"));
    const std::string common = "agent --onetime --no-daemonize --color=false --show_diff --verbose ";
    EXPECT_EQ(arguments.substr(0, common.size()), common);
    return arguments.substr(common.size(), arguments.size() - common.size() - 1);
  }
};

TEST_F(PuppetRunTest, ARunIsStartedAndTheReplyDoesNotWaitForIt) {
  Write("agent", "while [ -d $S ] && [ ! -e $S/go ]; do sleep 0.01; done; : > $S/ended\n");
  const Reply reply = Run("puppet", "runonce");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["method"], "run");
  EXPECT_NEAR(reply.data["initiated_at"].get<int64_t>(), Now(), 5);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/ended"));
  Write("go", "");
  for (int i = 0; i < 10'000 && !std::filesystem::exists(folder_ + "/ended"); ++i) usleep(1000);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/ended"));
}

TEST_F(PuppetRunTest, EachWishIsAnArgument) {
  EXPECT_EQ(Command({}), "--splay --splaylimit 30");
  EXPECT_EQ(Command({{"force", true}}), "--no-splay");
  EXPECT_EQ(Command({{"splay", false}}), "--no-splay");
  EXPECT_EQ(Command({{"splaylimit", 90}}), "--splay --splaylimit 90");
  EXPECT_EQ(Command({{"force", true}, {"noop", true}, {"tags", "a,b::c"}, {"skip_tags", "d"}}),
            "--tags a,b::c --skip_tags d --noop --no-splay");
  EXPECT_EQ(Command({{"force", true}, {"noop", false}, {"environment", "testing"}}),
            "--no-noop --environment testing --no-splay");
  EXPECT_EQ(Command({{"force", true}, {"use_cached_catalog", true}, {"ignoreschedules", true}}),
            "--use_cached_catalog --ignoreschedules --no-splay");
  options_.settings["puppet.splay"] = "false";
  EXPECT_EQ(Command({}), "--no-splay");
  EXPECT_EQ(Command({{"splay", true}}), "--splay --splaylimit 30");
  options_.settings["puppet.splay"] = "true";
  options_.settings["puppet.splaylimit"] = "120";
  EXPECT_EQ(Command({}), "--splay --splaylimit 120");
}

TEST_F(PuppetRunTest, AnotherServerNeedsTheNodesConsent) {
  const Reply refused = Run("puppet", "runonce", {{"server", "other.example.com:8141"}});
  EXPECT_EQ(refused.status_code, kAborted);
  EXPECT_THAT(refused.status_message, HasSubstr("allow_server_override"));
  options_.settings["puppet.allow_server_override"] = "yes";
  EXPECT_EQ(Command({{"server", "other.example.com:8141"}, {"force", true}}),
            "--server other.example.com --serverport 8141 --no-splay");
  EXPECT_EQ(Command({{"server", "[::1]:8141"}, {"force", true}}), "--server [::1] --serverport 8141 --no-splay");
  EXPECT_EQ(Command({{"server", "[::1]"}, {"force", true}}), "--server [::1] --no-splay");
}

TEST_F(PuppetRunTest, WishesThatExcludeEachOtherAreInvalid) {
  EXPECT_EQ(Run("puppet", "runonce", {{"force", true}, {"splay", true}}).status_code, kInvalidInput);
  EXPECT_EQ(Run("puppet", "runonce", {{"splaylimit", 0}}).status_code, kInvalidInput);
  EXPECT_EQ(Run("puppet", "runonce", {{"tags", "a;b"}}).status_code, kInvalidInput);
  EXPECT_EQ(Calls("agent"), "");
}

TEST_F(PuppetRunTest, AnIdleDaemonIsSignalledWhenNothingElseIsWished) {
  StartDaemon();
  const Reply reply = Run("puppet", "runonce");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["method"], "signal");
  EXPECT_EQ(reply.data["summary"], "Signalled the running Puppet Daemon");
  ASSERT_TRUE(process_->Wait(absl::Seconds(10), node_.clock).ok());
  EXPECT_EQ(Read("signalled"), "yes\n");
  EXPECT_EQ(Calls("agent"), "");
}

// MCollective refused or dropped the options then.
TEST_F(PuppetRunTest, WithAWishADaemonIsLeftAloneAndARunOfItsOwnIsStarted) {
  StartDaemon();
  for (const Json& wish : {Json{{"noop", true}}, Json{{"force", true}}, Json{{"environment", "testing"}},
                           Json{{"splay", false}}, Json{{"tags", "x"}}, Json{{"wait", true}}}) {
    options_.puppet->started_run = 0;
    const Reply reply = Run("puppet", "runonce", wish);
    EXPECT_EQ(reply.status_code, kOk) << wish << reply.status_message;
    EXPECT_EQ(reply.data["method"], "run") << wish;
  }
  options_.puppet->started_run = 0;
  options_.settings["puppet.signal_daemon"] = "0";
  EXPECT_EQ(Run("puppet", "runonce").data["method"], "run");
  EXPECT_EQ(Read("signalled"), "");
}

TEST_F(PuppetRunTest, APidFileOfSomebodyElseIsNotSignalled) {
  Write("state/agent.pid", absl::StrCat(getpid()));  // would end this test
  EXPECT_EQ(Run("puppet", "runonce").data["method"], "run");
}

TEST_F(PuppetRunTest, ADisabledOrBusyNodeRefuses) {
  Write("state/agent_disabled.lock", R"({"disabled_message":"hands off"})");
  EXPECT_EQ(Run("puppet", "runonce", {{"force", true}}).status_message, "Puppet is disabled: 'hands off'");
  EXPECT_EQ(Run("puppetd", "runonce").status_message, "Puppet is disabled: 'hands off'");
  Run("puppet", "enable");
  Write("state/agent_catalog_run.lock", absl::StrCat(StartDaemon()));
  const Reply busy = Run("puppet", "runonce", {{"force", true}});
  EXPECT_EQ(busy.status_code, kAborted);
  EXPECT_EQ(busy.status_message, "Puppet is currently applying a catalog, cannot run now");
  EXPECT_EQ(Calls("agent"), "");
}

// As `puppet runall` asks for it.
TEST_F(PuppetRunTest, WithWaitANodeBusyWithItsOwnRunRunsAfterIt) {
  const std::string lock = folder_ + "/state/agent_catalog_run.lock";
  Write("agent", absl::StrCat("[ -e ", lock, " ] && : > $S/overlapped; exit 2\n"));
  for (const auto& [plugin, force] : {std::pair("puppet", "force"), std::pair("puppetd", "forcerun")}) {
    Write("state/agent_catalog_run.lock", absl::StrCat(StartDaemon()));
    std::thread end([&] {
      while (Calls("config").empty()) usleep(1000);
      usleep(300'000);
      unlink(lock.c_str());
    });
    const Reply reply = Run(plugin, "runonce", {{"wait", true}, {force, true}});
    end.join();
    EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
    EXPECT_EQ(reply.data["exitcode"], 2) << plugin;
    kill(daemon_, SIGKILL);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/overlapped"));
}

TEST_F(PuppetRunTest, ARunThatComesInBetweenIsWaitedForToo) {
  Write("agent", R"sh([ -e $S/second ] && exit 2
: > $S/second
echo "Error: something else"
echo "Notice: Run of Puppet configuration client already in progress; skipping  ($S/agent_catalog_run.lock exists)"
exit 1
)sh");
  const Reply reply = Run("puppet", "runonce", {{"wait", true}, {"force", true}});
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["exitcode"], 2);
}

TEST_F(PuppetRunTest, WaitingForABusyNodeEndsWithTheJobsTimeOrItsEnd) {
  Write("state/agent_catalog_run.lock", absl::StrCat(StartDaemon()));
  const Json inputs = {{"wait", true}, {"force", true}};
  const Reply late = Run("puppet", "runonce", inputs, absl::Milliseconds(900));
  EXPECT_EQ(late.error_kind, ErrorKind::kTimeout);
  EXPECT_EQ(late.status_message,
            "no Puppet run was started: until the job's time ran out, Puppet is currently applying a catalog, "
            "cannot run now");
  CancelToken cancel;
  cancel.Cancel();
  EXPECT_EQ(Run("puppet", "runonce", inputs, absl::Seconds(60), &cancel).error_kind, ErrorKind::kCancelled);
  Write("state/agent_disabled.lock", "{}");
  EXPECT_EQ(Run("puppet", "runonce", inputs).status_message, "Puppet is disabled") << "nobody waits for that";
  EXPECT_EQ(Calls("agent"), "");
}

TEST_F(PuppetRunTest, ASecondRunIsNotPiledOnOneThatIsAboutToBegin) {
  Write("agent", "while [ -d $S ] && [ ! -e $S/go ]; do sleep 0.01; done\n");
  EXPECT_EQ(Run("puppet", "runonce").status_code, kOk);
  EXPECT_THAT(Run("puppet", "runonce").status_message, HasSubstr("is about to begin"));
  EXPECT_EQ(Run("puppet", "runonce", {{"force", true}}).status_code, kOk) << "unless it is to begin now";
  Write("go", "");
}

TEST_F(PuppetRunTest, WithWaitTheReplyTellsHowTheRunEnded) {
  WriteSummary(Now() + 60);  // as the run would have written it
  Write("agent", "exit 2\n");
  const Reply changed = Run("puppet", "runonce", {{"wait", true}, {"force", true}});
  EXPECT_EQ(changed.status_code, kOk) << changed.status_message;
  EXPECT_EQ(changed.status_message, "OK");
  EXPECT_EQ(changed.data["exitcode"], 2);
  EXPECT_EQ(changed.data["changed_resources"], 2);
  EXPECT_EQ(changed.data["summary"], "Puppet run ended: 2 of 11 resources changed, 0 failed, in 25.57 seconds");
  EXPECT_THAT(Calls("agent"), HasSubstr("--no-splay --detailed-exitcodes\n"));
  Write("agent", "exit 0\n");
  EXPECT_EQ(Run("puppetd", "runonce", {{"wait", true}, {"forcerun", true}}).status_code, kOk);
}

TEST_F(PuppetRunTest, WithWaitAFailedRunIsAFailureWithItsLastWords) {
  Write("agent", "echo 'Info: begin'; echo 'Error: cannot reach the server' >&2; echo 'Notice: end'; exit 1\n");
  const Reply failed = Run("puppet", "runonce", {{"wait", true}});
  EXPECT_EQ(failed.status_code, kAborted);
  EXPECT_EQ(failed.status_message, "Puppet run failed (exit code 1): Error: cannot reach the server");
  EXPECT_EQ(failed.data["exitcode"], 1);
  EXPECT_FALSE(failed.data.contains("changed_resources")) << "there is no newer summary";
  WriteSummary(Now() + 60, 3);
  EXPECT_EQ(Run("puppet", "runonce", {{"wait", true}}).status_message, failed.status_message)
      << "nor is it of this run: another was under way, and this one did nothing";
  Write("agent", "exit 6\n");
  EXPECT_THAT(Run("puppet", "runonce", {{"wait", true}}).status_message,
              AllOf(HasSubstr("exit code 6"), HasSubstr("2 of 11 resources changed, 3 failed")));
  Write("agent", "kill -9 $$\n");
  EXPECT_THAT(Run("puppet", "runonce", {{"wait", true}}).status_message, HasSubstr("(signal 9)"));
}

TEST_F(PuppetRunTest, ARunOutlivesThePatienceOfItsCaller) {
  Write("agent", "while [ -d $S ] && [ ! -e $S/go ]; do sleep 0.01; done; : > $S/ended\n");
  const Reply late = Run("puppet", "runonce", {{"wait", true}}, absl::Milliseconds(600));
  EXPECT_EQ(late.status_code, kUnknownError);
  EXPECT_EQ(late.error_kind, ErrorKind::kTimeout);
  EXPECT_THAT(late.status_message, HasSubstr("the Puppet run goes on as process "));
  Write("go", "");
  for (int i = 0; i < 10'000 && !std::filesystem::exists(folder_ + "/ended"); ++i) usleep(1000);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/ended"));
}

TEST_F(PuppetRunTest, ThePuppetdOf2011SplaysOnlyWhenToldTo) {
  const Reply reply = Run("puppetd", "runonce");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_THAT(reply.data["output"].get<std::string>(),
              MatchesRegex("Started a Puppet run using the '.*--no-splay' command"));
  LastRunArguments();
  options_.puppet->started_run = 0;
  options_.settings["puppetd.splaytime"] = "60";
  EXPECT_THAT(Run("puppetd", "runonce").data["output"].get<std::string>(), HasSubstr("--splay --splaylimit 60"));
  EXPECT_THAT(Run("puppetd", "runonce", {{"forcerun", true}}).data["output"].get<std::string>(),
              HasSubstr("--no-splay"));
  StartDaemon();
  options_.puppet->started_run = 0;
  EXPECT_EQ(Run("puppetd", "runonce").data["output"], "Signalled the running Puppet Daemon");
}

}  // namespace
}  // namespace orch::actions

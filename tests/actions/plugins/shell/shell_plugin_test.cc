#include "actions/plugins/shell/shell_plugin.h"

#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "actions/catalog/builtin_catalog.h"
#include "base/random.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

class ShellTest : public ActionTest {
 protected:
  ShellTest() {
    options_.settings["shell.allow"] = "true";
    options_.settings["shell.policies_dir"] = folder_.path();
    folder_.Write("shell.policy", "policy default deny\n");
    options_.shell_jobs = std::make_shared<ShellJobs>(&node_.clock, &random_);
  }
  Reply Shell(const std::string& command, Json more = Json::object()) {
    more["command"] = command;
    return Run("shell", "run", more);
  }
  std::string Start(const std::string& command) {
    const Reply reply = Run("shell", "start", {{"command", command}});
    EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
    return reply.data.value("handle", "");
  }
  Json Status(const std::string& handle, int out_offset = 0) {
    return Run("shell", "status", {{"handle", handle}, {"stdout_offset", out_offset}}).data;
  }
  // Its state once it has ended.
  Json Ended(const std::string& handle) {
    Json status = Status(handle);
    while (status["status"] == "running") {
      usleep(1000);
      status = Status(handle);
    }
    return status;
  }
  static bool Runs(int pid) {
    std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
    std::string id, name, state;
    return (file >> id >> name >> state) && state != "Z";
  }
  // Why it is not loaded: "" when it is, "off" when nobody asked for it.
  std::string Problem() {
    const std::shared_ptr<Catalog> catalog = BuiltinCatalog(options_, &node_.clock);
    if (catalog->Find("shell") != nullptr) return "";
    for (const Catalog::Problem& problem : catalog->problems()) {
      if (problem.plugin == "shell") return problem.reason;
    }
    return "off";
  }

  TempFolder folder_;
  SystemRandom random_;
};

TEST_F(ShellTest, IsNotThereUnlessTheNodeAllowsIt) {
  EXPECT_EQ(Problem(), "");
  for (const char* value : {"false", "no", "0", "", "nonsense"}) {
    options_.settings["shell.allow"] = value;
    EXPECT_EQ(Problem(), "off") << value;
  }
  options_.settings.erase("shell.allow");
  EXPECT_EQ(Problem(), "off");
}

TEST_F(ShellTest, IsNotLoadedWithoutASafePolicy) {
  const std::string policy = folder_.Path("shell.policy");
  chmod(policy.c_str(), 0664);
  EXPECT_THAT(Problem(), HasSubstr("may be written by others"));
  folder_.Write("shell.policy", "");
  EXPECT_THAT(Problem(), HasSubstr("is empty"));
  std::filesystem::remove(policy);
  EXPECT_THAT(Problem(), HasSubstr(absl::StrCat("cannot open ", policy)));
  std::filesystem::create_symlink("/etc/passwd", policy);
  EXPECT_THAT(Problem(), HasSubstr("cannot open"));
  std::filesystem::remove(policy);
  std::filesystem::create_directory(policy);
  EXPECT_THAT(Problem(), HasSubstr("is no file"));
  if (geteuid() != 0) return;
  std::filesystem::remove(policy);
  folder_.Write("shell.policy", "x");
  ASSERT_EQ(chown(policy.c_str(), 12345, 0), 0);
  EXPECT_THAT(Problem(), HasSubstr("belongs neither to root"));
}

TEST_F(ShellTest, RunKeepsBothOutputsAndTheExitCode) {
  const Reply reply = Shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["stdout"], "out\n");
  EXPECT_EQ(reply.data["stderr"], "err\n");
  EXPECT_EQ(reply.data["exitcode"], 3);
  EXPECT_EQ(reply.data["success"], false);
  EXPECT_EQ(Shell("true").data["success"], true);
}

TEST_F(ShellTest, ACommandThatTakesTooLongIsEndedWithWhatItPrinted) {
  const Reply reply = Shell("echo begun; sleep 60", {{"timeout", 0.5}});
  EXPECT_EQ(reply.status_code, kUnknownError);
  EXPECT_EQ(reply.error_kind, ErrorKind::kTimeout);
  EXPECT_EQ(reply.data["stdout"], "begun\n");
  EXPECT_EQ(Shell("kill -9 $$").error_kind, ErrorKind::kCrash);
}

TEST_F(ShellTest, RunsAsAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(Shell("id -un; echo $HOME", {{"user", "daemon"}}).data["stdout"], "daemon\n/usr/sbin\n");
  EXPECT_EQ(Shell("id -un", {{"user", "root"}}).data["stdout"], "root\n");
  EXPECT_EQ(Shell("true", {{"user", "nobodyhasthisname"}}).status_code, kInvalidInput);
  EXPECT_EQ(Shell("true", {{"user", "-x"}}).status_code, kInvalidInput);
}

TEST_F(ShellTest, AStartedCommandIsFollowedByItsHandle) {
  const std::string handle = Start("printf 12345; echo bad >&2; exit 4");
  const Json ended = Ended(handle);
  EXPECT_EQ(ended["status"], "stopped");
  EXPECT_EQ(ended["stdout"], "12345");
  EXPECT_EQ(ended["stderr"], "bad\n");
  EXPECT_EQ(ended["exitcode"], 4);
  EXPECT_EQ(Status(handle, 3)["stdout"], "45");
  EXPECT_EQ(Status(handle, 99)["stdout"], "");
  const Json jobs = Run("shell", "list").data["jobs"];
  EXPECT_EQ(jobs[handle]["status"], "stopped");
  EXPECT_THAT(jobs[handle]["command"].get<std::string>(), HasSubstr("printf"));
  EXPECT_EQ(Run("shell", "status", {{"handle", "0000"}}).status_code, kAborted);
}

TEST_F(ShellTest, JobsOutliveAReloadOfThePlugins) {
  const std::string handle = Start("sleep 60");  // every Run here makes the catalogue anew
  EXPECT_EQ(Status(handle)["status"], "running");
  options_.shell_jobs.reset();
  EXPECT_EQ(Run("shell", "list").status_code, kUnknownError);
}

TEST_F(ShellTest, KillEndsTheWholeGroup) {
  const std::string handle = Start("sleep 61 & echo $!; wait");
  Json status = Status(handle);
  while (status["stdout"].get<std::string>().empty()) status = Status(handle);
  const int child = std::stoi(status["stdout"].get<std::string>());
  EXPECT_EQ(Run("shell", "kill", {{"handle", handle}}).status_code, kOk);
  EXPECT_EQ(Ended(handle)["status"], "failed");
  while (Runs(child)) usleep(1000);  // killed, and gone as soon as the kernel gets to it
  EXPECT_EQ(Run("shell", "kill", {{"handle", handle}}).status_code, kOk);  // once more does no harm
}

TEST_F(ShellTest, KeepsTheStartOfWhatIsTooLong) {
  const Json status = Ended(Start("yes 0123456 | head -c 3000000"));
  EXPECT_EQ(status["stdout"].get<std::string>().size(), kMaxShellSpool);
  EXPECT_EQ(status["truncated"], true);
}

TEST_F(ShellTest, JobsAreBoundedAndTheOldestEndedOneMakesRoom) {
  const std::string first = Start("true");
  Ended(first);
  for (size_t i = 1; i < kMaxShellJobs; ++i) Start("sleep 60");
  Start("sleep 60");
  EXPECT_EQ(Run("shell", "status", {{"handle", first}}).status_code, kAborted);
  EXPECT_THAT(Run("shell", "start", {{"command", "true"}}).status_message, HasSubstr("runs 32 shell jobs already"));
}

}  // namespace
}  // namespace orch::actions

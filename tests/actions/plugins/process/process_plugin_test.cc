#include "actions/plugins/process/process_plugin.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

// A machine with a few processes, as /proc would show it.
class ProcessTest : public ActionTest {
 protected:
  ProcessTest() {
    options_.settings["process.proc"] = folder_.path();
    Add(1, "systemd", "S", 0, std::string("/sbin/init\0splash\0", 18), 1000, 100);
    Add(2, "kthreadd", "S", 0, "", 0, 0);
    Add(70, "nginx", "S", 33, std::string("nginx: worker\0\0\0", 16), 500, 50);
    Add(71, "nginx", "Z", 33, "", 0, 0);
    folder_.Write("72/status", "Name:\tgoes\n");  // went away while it was read
    folder_.Write("self/status", "Name:\tself\nUid:\t0\t0\t0\t0\n");
  }
  void Add(int pid, const std::string& name, const std::string& state, int uid, const std::string& cmdline, int size_kb,
           int rss_kb) {
    std::string status = absl::StrCat("Name:\t", name, "\nState:\t", state, " (x)\nPid:\t", pid, "\nPPid:\t1\nUid:\t",
                                      uid, "\t", uid, "\t", uid, "\t", uid, "\n");
    if (size_kb > 0) absl::StrAppend(&status, "VmSize:\t    ", size_kb, " kB\nVmRSS:\t ", rss_kb, " kB\n");
    folder_.Write(absl::StrCat(pid, "/status"), status);
    folder_.Write(absl::StrCat(pid, "/cmdline"), cmdline);
  }
  std::vector<int> Pids(const Json& inputs) {
    std::vector<int> pids;
    const Json list = Run("process", "list", inputs).data["pslist"];
    for (const Json& process : list) pids.push_back(process["pid"]);
    return pids;
  }
  TempFolder folder_;
};

TEST_F(ProcessTest, ListsAllByPidWithSums) {
  const Reply reply = Run("process", "list");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["count"], 4);
  EXPECT_EQ(reply.data["vsize"], 1500 * 1024);
  EXPECT_EQ(reply.data["rss"], 150 * 1024);
  const Json& first = reply.data["pslist"][0];
  EXPECT_EQ(first["pid"], 1);
  EXPECT_EQ(first["cmdline"], "/sbin/init splash");
  EXPECT_EQ(first["user"], "root");
  EXPECT_EQ(first["state"], "S");
  EXPECT_EQ(reply.data["pslist"][1]["cmdline"], "[kthreadd]");
}

TEST_F(ProcessTest, PatternUserAndStateNarrow) {
  EXPECT_EQ(Pids({{"pattern", "nginx"}}), (std::vector<int>{70, 71}));
  EXPECT_EQ(Pids({{"pattern", "^/sbin/(init|x)\\b"}}), (std::vector<int>{1}));
  EXPECT_EQ(Pids({{"just_zombies", true}}), (std::vector<int>{71}));
  EXPECT_EQ(Pids({{"user", "root"}}), (std::vector<int>{1, 2}));
  EXPECT_EQ(Pids({{"user", "33"}, {"just_zombies", false}}), (std::vector<int>{70, 71}));
}

TEST_F(ProcessTest, WrongInputsSayWhatIsWrong) {
  const Reply pattern = Run("process", "list", {{"pattern", "(a"}});
  EXPECT_EQ(pattern.status_code, kInvalidInput);
  EXPECT_THAT(pattern.status_message, HasSubstr("no regular expression"));
  EXPECT_THAT(Run("process", "list", {{"user", "nobodyhasthisname"}}).status_message, HasSubstr("no user"));
  EXPECT_EQ(Run("process", "list", {{"user", "a b;c"}}).status_code, kInvalidInput);
}

TEST_F(ProcessTest, AReplyIsBoundedButEveryProcessCounts) {
  for (size_t pid = 100; pid < 100 + kMaxListedProcesses; ++pid) Add(pid, "many", "S", 0, "many", 1, 1);
  const Reply reply = Run("process", "list");
  EXPECT_EQ(reply.data["pslist"].size(), kMaxListedProcesses);
  EXPECT_EQ(reply.data["count"], kMaxListedProcesses + 4);
  EXPECT_THAT(reply.status_message, HasSubstr("the first 1000 of 1004"));
}

TEST_F(ProcessTest, TheRealProcShowsThisProcess) {
  options_.settings.clear();
  bool found = false;
  const Json list = Run("process", "list", {{"pattern", "actions_test"}}).data["pslist"];
  for (const Json& process : list) {
    found = found || (process["pid"] == getpid() && process["uid"] == geteuid() && process["rss"] > 0);
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace orch::actions

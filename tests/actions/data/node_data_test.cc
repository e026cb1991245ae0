#include "actions/data/node_data.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

class NodeDataTest : public ::testing::Test {
 protected:
  absl::StatusOr<Json> Call(const char* function, const std::string& argument) {
    return node_.CallDataFunction(function, {argument});
  }
  TempFolder folder_;
  FakeNode node_;
};

TEST_F(NodeDataTest, NrpeGivesTheExitCodeOfACheck) {
  node_.settings["nrpe.conf_dir"] = folder_.path();
  folder_.Write("a.cfg", absl::StrCat("command[warn]=", folder_.Write("w", "#!/bin/sh\nexit 1\n", 0755), "\n"));
  EXPECT_EQ(*Call("nrpe", "warn"), (Json{{"exitcode", 1}}));
  EXPECT_THAT(Call("nrpe", "none").status().message(), HasSubstr("no check 'none'"));
}

TEST_F(NodeDataTest, PackageGivesVersionOrAbsence) {
  node_.settings["package.path"] = folder_.path();
  folder_.Write("apt-get", "#!/bin/sh\n", 0755);
  folder_.Write("dpkg-query",
                "#!/bin/sh\nfor n; do :; done\n[ $n = vim ] || exit 1\nprintf 'ii \\t9.0-1\\tamd64\\tvim\\n'\n", 0755);
  EXPECT_EQ(*Call("package", "vim"), (Json{{"status", "9.0-1"}, {"installed", true}}));
  EXPECT_EQ(*Call("package", "emacs"), (Json{{"status", "purged"}, {"installed", false}}));
  EXPECT_FALSE(Call("package", "-o x").ok());
}

TEST_F(NodeDataTest, ServiceIsRunningStoppedOrUnknownWhichFails) {
  node_.settings["service.provider"] = "script";
  node_.settings["service.init_dir"] = folder_.path();
  folder_.Write("on", "#!/bin/sh\nexit 0\n", 0755);
  folder_.Write("off", "#!/bin/sh\nexit 3\n", 0755);
  EXPECT_EQ(*Call("service", "on"), (Json{{"status", "running"}}));
  EXPECT_EQ(*Call("service", "off"), (Json{{"status", "stopped"}}));
  EXPECT_FALSE(Call("service", "none").ok());
  EXPECT_FALSE(Call("service", "../on").ok());
}

TEST_F(NodeDataTest, ProcessCountsWhatItsPatternFinds) {
  node_.settings["process.proc"] = folder_.path();
  folder_.Write("7/status", "Name:\tnginx\nState:\tS\nUid:\t0\t0\t0\t0\n");
  folder_.Write("8/status", "Name:\tnginx\nState:\tZ\nUid:\t0\t0\t0\t0\n");
  EXPECT_EQ(*Call("process", "nginx|apache"), (Json{{"count", 1}, {"running", true}}));
  EXPECT_EQ(*Call("process", "apache"), (Json{{"count", 0}, {"running", false}}));
  EXPECT_FALSE(Call("process", "(").ok());
}

TEST_F(NodeDataTest, SysctlGivesNumbersAsNumbers) {
  node_.settings["sysctl.proc"] = folder_.path();
  folder_.Write("kernel/ostype", "Linux\n");
  folder_.Write("vm/swappiness", "60\n");
  folder_.Write("net/conf/eth0.1/fwd", "1\n");
  folder_.Write("net/range", "32768\t60999\n");
  EXPECT_EQ((*Call("sysctl", "kernel.ostype"))["value"], "Linux");
  EXPECT_EQ((*Call("sysctl", "vm.swappiness"))["value"], 60);
  EXPECT_EQ((*Call("sysctl", "net.conf.eth0/1.fwd"))["value"], 1);
  EXPECT_EQ((*Call("sysctl", "net.range"))["value"], "32768\t60999");
  for (const char* bad : {"no.such", "..vm.swappiness", "//.vm", "vm", "a b", ".", "/./.etc.passwd"}) {
    EXPECT_FALSE(Call("sysctl", bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace orch::actions

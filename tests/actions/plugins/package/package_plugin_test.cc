#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/process/cancel_token.h"
#include "base/process/find_program.h"
#include "gmock/gmock.h"
#include "tests/actions/plugins/package/package_fixture.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(PackagePluginTest, InstallChangesOnceAndIsIdempotent) {
  Apt();
  const Reply first = Package("install", "vim");
  EXPECT_EQ(first.status_code, kOk) << first.status_message;
  EXPECT_EQ(first.data["changed"], true);
  EXPECT_EQ(first.data["ensure"], "2.0-1");
  EXPECT_EQ(first.data["version"], "2.0");
  EXPECT_EQ(first.data["release"], "1");
  EXPECT_EQ(first.data["arch"], "amd64");
  EXPECT_EQ(first.data["provider"], "apt");
  EXPECT_THAT(first.data["output"].get<std::string>(),
              AllOf(HasSubstr("--force-confold"), HasSubstr("Lock::Timeout=0")));
  const Reply again = Package("install", "vim");
  EXPECT_EQ(again.status_code, kOk);
  EXPECT_EQ(again.data["changed"], false);
}

TEST_F(PackagePluginTest, AGivenVersionIsInstalledAlsoOverANewerOne) {
  Apt();
  Package("install", "vim");
  const Reply older = Run("package", "install", {{"package", "vim"}, {"version", "1.0-1"}});
  EXPECT_EQ(older.status_code, kOk) << older.status_message;
  EXPECT_EQ(older.data["ensure"], "1.0-1");
  EXPECT_EQ(older.data["changed"], true);
  EXPECT_THAT(Calls(), HasSubstr("--allow-downgrades -- vim=1.0-1"));
  EXPECT_EQ(Run("package", "install", {{"package", "vim"}, {"version", "1.0"}}).data["changed"], false);
}

TEST_F(PackagePluginTest, SeveralPackagesEachHaveTheirResult) {
  Apt();
  const auto several = [&](const char* action, const char* packages) {
    return Run("package", action, {{"packages", packages}});
  };
  const Reply reply = several("install", "vim, broken,emacs=1.5-1");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_THAT(reply.status_message,
              AllOf(HasSubstr("1 of 3 packages: could not install broken"), HasSubstr("held broken")));
  const Json& results = reply.data["results"];
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0]["package"], "vim");
  EXPECT_EQ(results[0]["ensure"], "2.0-1");
  EXPECT_EQ(results[0]["ok"], true);
  EXPECT_EQ(results[1]["ok"], false);
  EXPECT_THAT(results[1]["message"].get<std::string>(), HasSubstr("held broken"));
  EXPECT_EQ(results[2]["ensure"], "1.5-1");
  EXPECT_EQ(reply.data["changed"], true);
  const Reply again = several("install", "vim,emacs");
  EXPECT_EQ(again.status_code, kOk) << again.status_message;
  EXPECT_EQ(again.data["changed"], false);
  EXPECT_EQ(several("status", "vim,nano").data["results"][1]["ensure"], "purged");
}

TEST_F(PackagePluginTest, OnePackageOrSeveralButNeitherNoneNorBoth) {
  Apt();
  EXPECT_EQ(Run("package", "install").status_code, kMissingInput);
  const auto code = [&](const char* action, Json inputs) {
    return Run("package", action, std::move(inputs)).status_code;
  };
  EXPECT_EQ(code("install", {{"package", "vim"}, {"packages", "vim"}}), kInvalidInput);
  EXPECT_EQ(code("install", {{"packages", "vim"}, {"version", "1"}}), kInvalidInput);
  EXPECT_EQ(code("purge", {{"packages", "vim=1"}}), kInvalidInput);
  for (const char* bad : {",", " , ", "vim,-o", "vim,a b", "vim=1=2", "vim=", "vim;id", "vim,nano-"}) {
    EXPECT_EQ(code("install", {{"packages", bad}}), kInvalidInput) << bad;
  }
  std::string many = "p0";
  for (int i = 1; i < 60; ++i) absl::StrAppend(&many, ",p", i);
  EXPECT_EQ(code("status", {{"packages", many}}), kInvalidInput);
  EXPECT_EQ(Calls(), "");
}

TEST_F(PackagePluginTest, UpdateNeedsAnInstalledPackage) {
  Apt();
  const Reply absent = Package("update", "vim");
  EXPECT_EQ(absent.status_code, kAborted);
  EXPECT_THAT(absent.status_message, HasSubstr("not installed"));
  EXPECT_EQ(absent.data["changed"], false);
  Run("package", "install", {{"package", "vim"}, {"version", "1.0-1"}});
  EXPECT_EQ(Package("update", "vim").data["changed"], true);
  EXPECT_EQ(Package("update", "vim").data["changed"], false);
}

TEST_F(PackagePluginTest, RemovingWhatIsNotThereIsDone) {
  Apt();
  EXPECT_EQ(Package("uninstall", "vim").status_code, kOk);
  EXPECT_EQ(Package("uninstall", "vim").data["changed"], false);
  Package("install", "vim");
  const Reply removed = Package("uninstall", "vim");
  EXPECT_EQ(removed.data["changed"], true);
  EXPECT_EQ(removed.data["ensure"], "absent");
  EXPECT_EQ(Package("uninstall", "vim").data["changed"], false);
  const Reply purged = Package("purge", "vim");  // the configuration files
  EXPECT_EQ(purged.data["changed"], true);
  EXPECT_EQ(purged.data["ensure"], "purged");
  EXPECT_EQ(Package("purge", "vim").data["changed"], false);
  EXPECT_EQ(Package("status", "vim").data["ensure"], "purged");
}

TEST_F(PackagePluginTest, AFailureKeepsTheOutputAndNamesTheReason) {
  Apt();
  const Reply broken = Package("install", "broken");
  EXPECT_EQ(broken.status_code, kAborted);
  EXPECT_THAT(broken.status_message, AllOf(HasSubstr("exit code 100"), HasSubstr("held broken packages")));
  EXPECT_THAT(broken.data["output"].get<std::string>(), HasSubstr("held broken packages"));
  EXPECT_EQ(broken.data["changed"], false);
  EXPECT_THAT(Package("install", "unknown").status_message, HasSubstr("apt knows no package unknown"));
  EXPECT_THAT(Calls(), Not(HasSubstr("-- unknown\napt-get")));
}

TEST_F(PackagePluginTest, NamesThatAPackageManagerCouldMisreadNeverReachIt) {
  Apt();
  for (const char* bad :
       {"-oAPT::Update::Pre-Invoke::=id", "vim*", "./evil.deb", "../x", "a b", "vim=1", "/etc/passwd", "@all"}) {
    EXPECT_EQ(Package("install", bad).status_code, kInvalidInput) << bad;
    EXPECT_EQ(Package("status", bad).status_code, kInvalidInput) << bad;
    EXPECT_EQ(Run("package", "install", {{"package", "vim"}, {"version", bad}}).status_code, kInvalidInput) << bad;
  }
  EXPECT_EQ(Package("install", "a;id").status_code, kInvalidInput);
  EXPECT_EQ(Calls(), "");
}

// apt-get reads "install vim=1.0-1-" as: remove vim.
TEST_F(PackagePluginTest, AVersionNeverTurnsAnInstallIntoARemoval) {
  Apt();
  for (const char* version : {"1.0-1-", "1.0-"}) {
    EXPECT_EQ(Run("package", "install", {{"package", "vim"}, {"version", version}}).status_code, kInvalidInput);
  }
  EXPECT_EQ(Package("install", "vim-").status_code, kInvalidInput);
  EXPECT_THAT(Calls(), Not(HasSubstr("apt-get")));
}

TEST_F(PackagePluginTest, AHeldLockIsSaidAtOnceWithItsHolder) {
  Apt();
  std::filesystem::create_directories(absl::StrCat(folder_, "/var/lib/dpkg"));
  const std::string lock = absl::StrCat(folder_, "/var/lib/dpkg/lock-frontend");
  std::ofstream(lock) << "";
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t holder = fork();
  ASSERT_GE(holder, 0);
  if (holder == 0) {
    close(done[1]);
    const int fd = open(lock.c_str(), O_RDWR);
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    const bool held = fd >= 0 && fcntl(fd, F_SETLK, &whole) == 0;
    char byte = held ? 1 : 0;
    if (write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) >= 0) _exit(0);
    _exit(1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 1);
  const Reply reply = Package("install", "vim");
  const Reply refresh = Run("package", "apt_update");
  for (int fd : {ready[0], ready[1], done[0], done[1]}) close(fd);
  waitpid(holder, nullptr, 0);
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_THAT(reply.status_message, AllOf(HasSubstr(absl::StrCat("pid ", holder)), HasSubstr("lock-frontend")));
  EXPECT_EQ(refresh.status_code, kAborted);
  EXPECT_THAT(Calls(), Not(HasSubstr("apt-get")));
  EXPECT_EQ(Package("install", "vim").status_code, kOk);  // free again
  EXPECT_THAT(Package("install", "locked").status_message, HasSubstr("held by process 42 (apt)"));
}

TEST_F(PackagePluginTest, CountsAndDigestsInstalledPackagesOnly) {
  Apt();
  EXPECT_EQ(Run("package", "count").data, (Json{{"output", 3}, {"exitcode", 0}})) << "one is held";
  const Json md5 = Run("package", "md5").data;
  EXPECT_EQ(md5["output"].get<std::string>().size(), 32u);
  EXPECT_EQ(md5, Run("package", "md5").data);
}

TEST_F(PackagePluginTest, ChecksAptForUpdates) {
  Apt();
  for (const char* action : {"checkupdates", "apt_checkupdates", "checkupdate"}) {
    const Reply reply = Run("package", action);
    EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
    EXPECT_EQ(reply.data["package_manager"], "apt");
    EXPECT_EQ(reply.data["exitcode"], 0);
    EXPECT_EQ(reply.data["outdated_packages"],
              Json::array({{{"package", "vim"}, {"version", "9.1-1"}, {"repo", "Debian:12/stable"}}}));
  }
  EXPECT_EQ(Run("package", "apt_update").data["exitcode"], 0);
  EXPECT_EQ(Run("package", "refresh").status_code, kOk);
  EXPECT_EQ(Run("package", "search", {{"package", "vim"}}).data["package_count"], 1);
  EXPECT_THAT(Run("package", "yum_checkupdates").status_message, HasSubstr("has no yum"));
}

TEST_F(PackagePluginTest, ExitCode100OfDnfMeansUpdatesNotFailure) {
  Program("rpm", "echo \"package x is not installed\"; exit 1");
  Program("dnf", R"(case "$*" in *check-update*) printf '\nopenssl.x86_64  1:3.0.7-27.el9  baseos\n'; exit 100;;
    *clean*) echo "cleaned: $*"; exit 0;; *) echo "Error: no" >&2; exit 1;; esac)");
  for (const char* action : {"checkupdates", "yum_checkupdates"}) {
    const Reply reply = Run("package", action);
    EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
    EXPECT_EQ(reply.data["package_manager"], "dnf");
    EXPECT_EQ(reply.data["exitcode"], 100);
    EXPECT_EQ(reply.data["outdated_packages"][0]["package"], "openssl.x86_64");
  }
  EXPECT_THAT(Run("package", "yum_clean").data["output"].get<std::string>(), HasSubstr("clean all"));
  options_.settings["package.yum_clean_mode"] = "metadata";
  EXPECT_THAT(Run("package", "yum_clean").data["output"].get<std::string>(), HasSubstr("clean metadata"));
  EXPECT_THAT(Run("package", "yum_clean", {{"mode", "packages"}}).data["output"].get<std::string>(),
              HasSubstr("clean packages"));
  EXPECT_EQ(Run("package", "yum_clean", {{"mode", "everything"}}).status_code, kInvalidInput);
  EXPECT_EQ(Package("install", "vim").status_code, kAborted);
  EXPECT_EQ(Package("status", "vim").data["ensure"], "absent");
}

TEST_F(PackagePluginTest, AFailedCheckKeepsItsExitCode) {
  Program("rpm", "exit 1");
  Program("yum", "echo 'Error: Cannot find a valid baseurl' >&2; exit 1");
  const Reply reply = Run("package", "checkupdates");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_EQ(reply.data["exitcode"], 1);
  EXPECT_THAT(reply.status_message, HasSubstr("valid baseurl"));
}

TEST_F(PackagePluginTest, YumIsToldToDowngradeWhenItKeepsTheNewer) {
  Program("rpm", "read v < $S/version; printf 'vim\\t(none)\\t%s\\t1.el7\\tx86_64\\n' $v");
  Program("yum", R"(case "$*" in *downgrade*) echo 1.0 > $S/version;;
    *list*) printf 'Available Packages\nvim.x86_64  1.0-1.el7  base\nvim.x86_64  2.0-1.el7  updates\n';; esac; exit 0)");
  std::ofstream(absl::StrCat(folder_, "/version")) << "2.0\n";
  const Reply reply = Run("package", "install", {{"package", "vim"}, {"version", "1.0"}});
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["ensure"], "1.0-1.el7");
  EXPECT_THAT(Calls(), HasSubstr("-y downgrade vim-1.0-1.el7.x86_64"));
}

TEST_F(PackagePluginTest, ZyppersLockIsNamed) {
  Program("rpm", "echo \"package $* is not installed\"; exit 1");
  Program("zypper", R"(case "$*" in
    *list-updates*) printf 'S | Repository | Name | Current Version | Available Version | Arch\n'
      printf -- '--+--+--+--+--+--\nv | oss | vim | 1 | 2 | x86_64\n'; exit 0;;
    *) echo "System management is locked by the application with pid 77 (zypper)."; exit 7;; esac)");
  EXPECT_EQ(Run("package", "checkupdates").data["outdated_packages"][0]["version"], "2");
  const Reply reply = Package("install", "vim");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_THAT(reply.status_message, HasSubstr("pid 77 (zypper)"));
}

TEST_F(PackagePluginTest, ANodeWithoutAPackageManagerSaysSo) {
  EXPECT_THAT(Run("package", "checkupdates").status_message, HasSubstr("no package manager"));
  options_.settings["package.provider"] = "pacman";
  EXPECT_THAT(Run("package", "count").status_message, HasSubstr("use auto, apt, dnf, yum or zypper"));
}

TEST_F(PackagePluginTest, TimeAndCancellationEndAProgramThatHangs) {
  Apt();
  Program("dpkg-query", "exec /bin/sleep 100");
  const Reply late = Run("package", "status", {{"package", "vim"}}, absl::Milliseconds(400));
  EXPECT_EQ(late.status_code, kUnknownError);
  EXPECT_EQ(late.error_kind, ErrorKind::kTimeout);
  CancelToken cancel;
  cancel.Cancel();
  EXPECT_EQ(Run("package", "status", {{"package", "vim"}}, absl::Seconds(60), &cancel).error_kind,
            ErrorKind::kCancelled);
}

// The host's own apt, reading only.
class RealAptTest : public ActionTest {
 protected:
  void SetUp() override {
    if (!FindProgram("/usr/bin/apt-get").ok() || !FindProgram("/usr/bin/dpkg-query").ok()) {
      GTEST_SKIP() << "this host has no apt";
    }
  }
};

TEST_F(RealAptTest, KnowsWhatIsInstalled) {
  const Reply dpkg = Run("package", "status", {{"package", "dpkg"}});
  EXPECT_EQ(dpkg.status_code, kOk) << dpkg.status_message;
  EXPECT_EQ(dpkg.data["provider"], "apt");
  EXPECT_EQ(dpkg.data["name"], "dpkg");
  EXPECT_THAT(dpkg.data["ensure"].get<std::string>(), ::testing::MatchesRegex("[0-9].*"));
  EXPECT_EQ(Run("package", "status", {{"package", "no-such-package-here"}}).data["ensure"], "purged");
  EXPECT_GT(Run("package", "count").data["output"].get<int>(), 50);
  EXPECT_EQ(Run("package", "md5").data["output"].get<std::string>().size(), 32u);
}

TEST_F(RealAptTest, ChecksForUpdates) {
  const Reply reply = Run("package", "checkupdates", Json::object(), absl::Seconds(110));
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["package_manager"], "apt");
  EXPECT_EQ(reply.data["exitcode"], 0);
  EXPECT_TRUE(reply.data["outdated_packages"].is_array());
  EXPECT_THAT(reply.data["output"].get<std::string>(), Not(::testing::IsEmpty()));
}

TEST_F(RealAptTest, InstallingWhatIsThereOrUnknownChangesNothing) {
  EXPECT_EQ(Run("package", "install", {{"package", "dpkg"}}).data["changed"], false);
  const Reply unknown = Run("package", "install", {{"package", "no-such-package-here"}});
  EXPECT_EQ(unknown.status_code, kAborted);
}

}  // namespace
}  // namespace orch::actions

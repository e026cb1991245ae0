// Which names and versions reach a package manager, and that each stays what it is: never an option, a pattern,
// another package or an order to remove.
#include <string>
#include <vector>

#include "actions/plugins/package/package_output.h"
#include "actions/plugins/package/rpm_version.h"
#include "gmock/gmock.h"
#include "tests/actions/plugins/package/package_fixture.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class PackageNamesTest : public PackagePluginTest {
 protected:
  // dnf with the table of versions in "offered", and rpm with the lines of "rpmdb".
  void Dnf(const std::string& offered, const std::string& rpmdb) {
    Write("offered", offered);
    Write("rpmdb", rpmdb);
    Program("rpm", "[ -s $S/rpmdb ] && exec /bin/cat $S/rpmdb; echo \"package x is not installed\"; exit 1");
    Program("dnf", R"(case "$*" in *list*) [ -s $S/offered ] && exec /bin/cat $S/offered
        echo 'Error: No matching Packages to list' >&2; exit 1;;
      *install*) [ -e $S/after ] && /bin/mv $S/after $S/rpmdb; exit 0;; esac; exit 0)");
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(absl::StrCat(folder_, "/", name)) << text;
  }
  Reply Install(const std::string& package, const std::string& version) {
    return Run("package", "install", {{"package", package}, {"version", version}});
  }
};

TEST_F(PackageNamesTest, EveryLegalNameAndVersionPasses) {
  Apt();
  for (const char* name : {"g++", "libstdc++6", "0ad", "libc6:amd64", "linux-image-6.1.0-32-amd64", "a.b", "_rpm_only",
                           "python3.11", "foo_bar", "java-1.8.0-openjdk-headless.x86_64"}) {
    EXPECT_EQ(Package("status", name).status_code, kOk) << name;
    EXPECT_EQ(Run("package", "status", {{"packages", absl::StrCat(name, ",vim")}}).status_code, kOk) << name;
  }
  EXPECT_EQ(Package("status", std::string(255, 'a')).status_code, kOk);
  Dnf("", "");
  options_.settings["package.provider"] = "dnf";
  for (const char* version : {"1.0^20240101git1234567-1.fc40", "2.0~rc1-1", "1:2.3", "2:1.0^post~1-0.1.el9_4", "~1",
                              "r2", "5.2.15-2+b2", "0.9.8+", "1.0+dfsg-1~bpo12+1"}) {
    const Reply reply = Install("vim", version);
    EXPECT_EQ(reply.status_code, kAborted) << version << reply.status_message;
    EXPECT_THAT(reply.status_message, HasSubstr(absl::StrCat("dnf offers no version ", version))) << version;
    const Reply several = Run("package", "install", {{"packages", absl::StrCat("vim=", version)}});
    EXPECT_THAT(several.status_message, HasSubstr("dnf offers no version ")) << version;
  }
}

TEST_F(PackageNamesTest, WhatAptWouldTakeForAPatternNeverReachesIt) {
  Apt();
  const Reply pattern = Package("install", "g+");  // apt-cache answers for all packages with a g
  EXPECT_EQ(pattern.status_code, kAborted);
  EXPECT_THAT(pattern.status_message, HasSubstr("apt knows no package g+"));
  EXPECT_EQ(Package("install", "lamp-server^").status_code, kInvalidInput);
  EXPECT_THAT(Calls(), Not(HasSubstr("apt-get")));
}

// apt-get reads "vim=1.5-1+" as: install version 1.5-1, and "vim=1.5-1-" as: remove vim.
TEST_F(PackageNamesTest, AptOnlyGetsVersionsThatAreThere) {
  Apt();
  const Reply wrong = Install("vim", "1.5-1+");
  EXPECT_EQ(wrong.status_code, kAborted);
  EXPECT_EQ(wrong.status_message, "apt offers no version 1.5-1+ of package vim; it has: 2.0-1, 1.5-1, 1.0+, 1.0-1");
  EXPECT_THAT(Calls(), Not(HasSubstr("apt-get")));
  EXPECT_EQ(Install("vim", "1.0+").data["ensure"], "1.0+") << "a version may end so";
  EXPECT_EQ(Install("vim:amd64", "2.0-1").status_code, kOk) << "the heading is without the machine's architecture";
}

// "dnf install python3-devel" would install another package.
TEST_F(PackageNamesTest, AVersionNeverMakesAnotherPackageOfTheName) {
  Dnf("Available packages\npython3.x86_64 3.11.2-1.fc40 fedora\npython3-devel.x86_64 3.11.2-1.fc40 fedora\n", "");
  const Reply reply = Install("python3", "devel");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_EQ(reply.status_message, "dnf offers no version devel of package python3; it has: 3.11.2-1.fc40");
  EXPECT_THAT(Calls(), Not(HasSubstr("install")));
}

TEST_F(PackageNamesTest, DnfIsToldTheWholeVersionThatIsMeant) {
  Dnf("Available Packages\nvim.x86_64  1:9.0-1.fc40  fedora\nvim.x86_64  1:9.1^git2-1.fc40  updates\n", "");
  Write("after", "vim\t1\t9.1^git2\t1.fc40\tx86_64\n");
  const Reply reply = Install("vim", "9.1^git2");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["ensure"], "9.1^git2-1.fc40");
  EXPECT_THAT(Calls(), HasSubstr("-y install vim-1:9.1^git2-1.fc40.x86_64\n"));
}

TEST_F(PackageNamesTest, SeveralReleasesOfAVersionAreLeftToDnf) {
  Dnf("vim.x86_64  9.0-1.fc40  fedora\nvim.x86_64  9.0-2.fc40  updates\n", "");
  Write("after", "vim\t(none)\t9.0\t2.fc40\tx86_64\n");
  EXPECT_EQ(Install("vim", "9.0").status_code, kOk);
  EXPECT_THAT(Calls(), HasSubstr("-y install vim-9.0\n"));
}

TEST_F(PackageNamesTest, OfSeveralInstalledVersionsTheNewestCountsAndAllAreThere) {
  const std::string kernels =
      "kernel\t(none)\t6.9.10\t200.fc40\tx86_64\nkernel\t(none)\t6.8.5\t301.fc40\tx86_64\n"
      "kernel\t(none)\t6.9.9\t200.fc40\tx86_64\n";
  Dnf("kernel.x86_64 6.9.10-200.fc40 updates\n", kernels);
  const Reply status = Package("status", "kernel");
  EXPECT_EQ(status.data["ensure"], "6.9.10-200.fc40");
  EXPECT_EQ(status.data["versions"], (Json{"6.9.10-200.fc40", "6.9.9-200.fc40", "6.8.5-301.fc40"}));
  for (const char* version :
       {"6.9.10-200.fc40", "6.8.5-301.fc40", "6.9.9", "0:6.8.5-301.fc40", "6.9.9-200.fc40.x86_64"}) {
    const Reply there = Install("kernel", version);
    EXPECT_EQ(there.status_code, kOk) << version << there.status_message;
    EXPECT_EQ(there.data["changed"], false) << version;
  }
  EXPECT_THAT(Calls(), AllOf(Not(HasSubstr("install ")), Not(HasSubstr("downgrade"))));
  EXPECT_FALSE(Package("status", "vim").data.contains("changed"));
}

TEST_F(PackageNamesTest, AVersionBesideTheOthersIsInstalledWithoutADowngrade) {
  Dnf("kernel.x86_64 6.8.5-301.fc40 fedora\nkernel.x86_64 6.9.9-200.fc40 updates\n",
      "kernel\t(none)\t6.9.9\t200.fc40\tx86_64\n");
  Write("after", "kernel\t(none)\t6.8.5\t301.fc40\tx86_64\nkernel\t(none)\t6.9.9\t200.fc40\tx86_64\n");
  const Reply reply = Install("kernel", "6.8.5-301.fc40");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["changed"], true);
  EXPECT_EQ(reply.data["ensure"], "6.9.9-200.fc40");
  EXPECT_THAT(Calls(), Not(HasSubstr("downgrade")));
}

TEST_F(PackageNamesTest, SearchIsAskedAsTheProgramUnderstandsIt) {
  Dnf("Available packages\nvim.x86_64 9.0-1.fc41 fedora\n", "");
  EXPECT_EQ(Run("package", "search", {{"package", "vim"}}).data["package_count"], 1);
  EXPECT_THAT(Calls(), HasSubstr(" -q list --available --showduplicates vim\n"));
}

TEST(RpmVersionTest, OrdersAsRpmDoes) {
  const std::vector<std::vector<const char*>> ascending = {
      {"1.0~rc1", "1.0~rc2", "1.0", "1.0^git1", "1.0^git2", "1.0.1", "1.1", "1.10", "2"},
      {"a", "b", "1", "1a", "1.1"},
      {"1.0^", "1.0^1", "1.01", "1.2"},
      {"1~~", "1~", "1~a", "1"}};
  for (const std::vector<const char*>& versions : ascending) {
    for (size_t i = 0; i + 1 < versions.size(); ++i) {
      EXPECT_LT(CompareRpmPart(versions[i], versions[i + 1]), 0) << versions[i] << " " << versions[i + 1];
      EXPECT_GT(CompareRpmPart(versions[i + 1], versions[i]), 0) << versions[i] << " " << versions[i + 1];
    }
  }
  for (const auto& [left, right] : std::vector<std::pair<const char*, const char*>>{
           {"1.0", "1.0"}, {"1.0", "1_0"}, {"1.05", "1.5"}, {"", ""}, {"2.0.", "2.0"}}) {
    EXPECT_EQ(CompareRpmPart(left, right), 0) << left << " " << right;
  }
}

TEST(AptPolicyTest, ReadsTheVersionTableOfThePackageAlone) {
  const std::string text =
      "sed:\n  Installed: 4.9-1\n  Candidate: 4.9-1+deb12u1\n  Version table:\n     4.9-1+deb12u1 500\n"
      "        500 http://deb.debian.org/debian bookworm/main amd64 Packages\n *** 4.9-1 100\n"
      "        100 /var/lib/dpkg/status\nsedsed:\n  Candidate: 1.0\n  Version table:\n     1.0 500\n";
  const AptPolicy policy = ParseAptPolicy(text, "sed");
  EXPECT_TRUE(policy.known);
  EXPECT_EQ(policy.candidate, "4.9-1+deb12u1");
  EXPECT_THAT(policy.versions, ElementsAre("4.9-1+deb12u1", "4.9-1"));
  EXPECT_FALSE(ParseAptPolicy(text, "se.").known);
  EXPECT_FALSE(ParseAptPolicy("", "sed").known);
}

}  // namespace
}  // namespace orch::actions

#include "actions/plugins/package/package_output.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::actions {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(PackageOutputTest, ReadsTheStatesOfDpkg) {
  const PackageState bash = ParseDpkgQuery("ii \t5.2.15-2+b2\tamd64\tbash\n", "bash");
  EXPECT_TRUE(bash.installed);
  EXPECT_EQ(bash.ensure, "5.2.15-2+b2");
  EXPECT_EQ(bash.version, "5.2.15");
  EXPECT_EQ(bash.release, "2+b2");
  EXPECT_EQ(bash.arch, "amd64");
  EXPECT_EQ(ParseDpkgQuery("hi \t1:2.0\tall\tx\n", "x").epoch, "1");
  EXPECT_TRUE(ParseDpkgQuery("hi \t1:2.0\tall\tx\n", "x").installed);
  EXPECT_EQ(ParseDpkgQuery("", "x").ensure, "purged");
  EXPECT_EQ(ParseDpkgQuery("un \t\t\tx\n", "x").ensure, "purged");
  EXPECT_EQ(ParseDpkgQuery("rc \t1.0\tamd64\tx\n", "x").ensure, "absent");
  EXPECT_FALSE(ParseDpkgQuery("iF \t1.0\tamd64\tx\n", "x").installed);
  EXPECT_EQ(ParseDpkgQuery("rc \t1.0\tamd64\tx\nii \t2.0\ti386\tx\n", "x").ensure, "2.0");
}

TEST(PackageOutputTest, ReadsRpmsDatabase) {
  const PackageState state = ParseRpmQuery("openssl\t1\t3.0.7\t25.el9\tx86_64\n", "openssl");
  EXPECT_TRUE(state.installed);
  EXPECT_EQ(state.ensure, "3.0.7-25.el9");
  for (const char* version : {"3.0.7-25.el9", "3.0.7", "1:3.0.7-25.el9", "1:3.0.7"}) {
    EXPECT_TRUE(state.HasVersion(version)) << version;
  }
  EXPECT_FALSE(state.HasVersion("3.0"));
  EXPECT_EQ(ParseRpmQuery("vim\t(none)\t9\t1\tx86_64\n", "vim").epoch, "0");
  EXPECT_EQ(ParseRpmQuery("package nosuch is not installed\n", "nosuch").ensure, "absent");
}

TEST(PackageOutputTest, TellsUpgradesFromNewPackagesOfApt) {
  const PackageUpdates updates = ParseAptSimulation(
      "NOTE: This is only a simulation!\n"
      "Inst libc6 [2.36-9+deb12u9] (2.36-9+deb12u10 Debian:12.10/stable, Debian-Security:12/stable-security [amd64]) "
      "[]\n"
      "Inst linux-image-6.1.0-32-amd64 (6.1.129-1 Debian-Security:12/stable-security [amd64])\n"
      "Conf libc6 (2.36-9+deb12u10 Debian:12.10/stable [amd64])\n"
      "Inst broken (\nInst\nInst x [1] ()\n");
  ASSERT_THAT(updates.outdated, SizeIs(1));
  EXPECT_EQ(updates.outdated[0].package, "libc6");
  EXPECT_EQ(updates.outdated[0].version, "2.36-9+deb12u10");
  EXPECT_EQ(updates.outdated[0].repo, "Debian:12.10/stable, Debian-Security:12/stable-security");
  ASSERT_THAT(updates.added, SizeIs(1));
  EXPECT_EQ(updates.added[0].package, "linux-image-6.1.0-32-amd64");
}

TEST(PackageOutputTest, ReadsYumTablesAlsoWhenTheyAreWrapped) {
  const auto packages = ParseYumTable(
      "\nkernel.i686                 2.6.18-274.7.1.el5          updates\n"
      "a-package-with-a-very-long-name-that-wraps.noarch\n"
      "                            4.3p2-72.el5_7.5            updates\n"
      "zlib.i386                   1.2.3-4.el5                 base\n"
      "Security: kernel-core-5.14 is an installed security update\n"
      "Last metadata expiration check: 0:12:01 ago on Mon.\n"
      "Obsoleting Packages\nold.noarch 1.0 updates\n");
  ASSERT_THAT(packages, SizeIs(3));
  EXPECT_EQ(packages[0].package, "kernel.i686");
  EXPECT_EQ(packages[0].version, "2.6.18-274.7.1.el5");
  EXPECT_EQ(packages[0].repo, "updates");
  EXPECT_EQ(packages[1].package, "a-package-with-a-very-long-name-that-wraps.noarch");
  EXPECT_EQ(packages[1].version, "4.3p2-72.el5_7.5");
  EXPECT_EQ(packages[2].package, "zlib.i386");
  EXPECT_THAT(ParseYumTable("Error: Failed to download metadata for repo 'x'\n"), IsEmpty());
}

TEST(PackageOutputTest, OfDnf5WhatIsObsoleteIsNoUpdate) {
  const auto packages = ParseYumTable(
      "Updating and loading repositories:\nRepositories loaded.\nUpgrades\n"
      "apparmor-libs.x86_64                      6.0.0~alpha1-1.fc44 terra\n"
      "python3-proton-vpn-api-core.x86_64        5.6.10-1.fc44       protonvpn-fedora-stable\n\n"
      "Obsoleting packages\n"
      "python3-proton-vpn-api-core.x86_64        5.6.10-1.fc44       protonvpn-fedora-stable\n"
      "    python3-proton-vpn-local-agent.x86_64 1.6.3-1.fc44        protonvpn-fedora-stable\n");
  ASSERT_THAT(packages, SizeIs(2));
  EXPECT_EQ(packages[0].package, "apparmor-libs.x86_64");
  EXPECT_EQ(packages[0].version, "6.0.0~alpha1-1.fc44");
  EXPECT_EQ(packages[1].repo, "protonvpn-fedora-stable");
}

TEST(PackageOutputTest, HeldPackagesAreInstalled) {
  EXPECT_EQ(ParseDpkgList("ii a 1.0 amd64\nhi b 2.0 all\nrc c 1 amd64\nun d  \niF e 1 amd64\n"),
            (std::vector<std::string>{"a 1.0 amd64", "b 2.0 all"}));
  EXPECT_EQ(ParseDpkgList("hi b 2.0 all\niW w 1 all\nit t 1 all\nri r 1 all\nhiRq 1 all\n"),
            (std::vector<std::string>{"b 2.0 all", "q 1 all", "r 1 all", "t 1 all", "w 1 all"}));
}

TEST(PackageOutputTest, ReadsZyppersTableByItsHeading) {
  const auto packages = ParseZypperTable(
      "S | Repository | Name | Current Version | Available Version | Arch\n"
      "--+------------+------+-----------------+-------------------+-------\n"
      "v | repo-oss   | vim  | 9.0.1           | 9.1.2             | x86_64\n");
  ASSERT_THAT(packages, SizeIs(1));
  EXPECT_EQ(packages[0].package, "vim");
  EXPECT_EQ(packages[0].version, "9.1.2");
  EXPECT_EQ(packages[0].repo, "repo-oss");
  EXPECT_THAT(ParseZypperTable("No updates found.\n"), IsEmpty());
}

TEST(PackageOutputTest, FindsTheLineThatSaysWhatWentWrong) {
  EXPECT_EQ(ProblemLine("Reading package lists...\nE: Unable to locate package x\nmore\n"),
            "Unable to locate package x");
  EXPECT_EQ(ProblemLine("first\nlast\n\n"), "last");
  EXPECT_EQ(ProblemLine(""), "");
  EXPECT_LE(ProblemLine(std::string(100000, 'x')).size(), 300u);
}

}  // namespace
}  // namespace orch::actions

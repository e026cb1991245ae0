// package and service, and the question before a change, against an Orchestrator service in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/fake_hub_test.h"

namespace orch::cli {
namespace {

using testing::CliResult;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::PipeWith;
using ::testing::SizeIs;
using ::testing::StartsWith;

using AppCommandsTest = FakeHubTest;

TEST_F(AppCommandsTest, ServiceSummaryIsTheGuides) {
  hub_.replies["service.restart"] = {{"status", "running"}};
  const CliResult result = Run({"service", "sshd", "restart", "-W", "osfamily=RedHat"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      MatchesRegex(
          "---- service summary ----\nNodes: 1 / 1\nStatuses: started=1\nElapsed Time: [0-9]+\\.[0-9][0-9] s\n"));
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"service":"sshd"})");
}

TEST_F(AppCommandsTest, ServiceStatusListsNodesInEitherWordOrder) {
  hub_.replies["service.status"] = {{"status", "running"}};
  for (const auto& args :
       std::vector<std::vector<std::string>>{{"service", "sshd", "status"}, {"service", "status", "sshd"}}) {
    const CliResult result = Run(args);
    EXPECT_THAT(result.out, StartsWith("puppetmaster.example.com                 status=running\n"
                                       "agent.example.com                        status=running\n"
                                       "---- service summary ----\nNodes: 2 / 2\nStatuses: started=2\nElapsed Time: "));
  }
}

TEST_F(AppCommandsTest, AnUnfilteredChangeAsksAndWithoutATerminalNeedsYes) {
  const CliResult refused = Run({"service", "sshd", "restart"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  EXPECT_EQ(Run({"service", "sshd", "restart", "--yes"}).code, 0);
  EXPECT_EQ(Run({"invoke", "package", "install", "package=x", "-T", "eu"}).code, 1) << "a collective is no filter";
  EXPECT_EQ(Run({"invoke", "package", "status", "package=x"}).code, 0) << "reading asks nothing";
}

TEST_F(AppCommandsTest, TheQuestionIsAnsweredOnTheTerminal) {
  const PipeWith yes("y\n");
  const CliResult sent = Run({"service", "sshd", "restart"}, {.stdin_fd = yes.fd(), .terminal = true});
  EXPECT_THAT(sent.err, HasSubstr("Do you really want to restart service sshd unfiltered? (y/n): "));
  EXPECT_EQ(sent.code, 0);
  for (const char* answer : {"n\n", "", "yep\n"}) {
    const PipeWith no(answer);
    EXPECT_EQ(Run({"service", "sshd", "restart"}, {.stdin_fd = no.fd(), .terminal = true}).code, 1);
  }
  EXPECT_THAT(hub_.invoked(), SizeIs(1));
}

TEST_F(AppCommandsTest, PackageShowsVersionsAndTheirCount) {
  hub_.replies["package.status"] = {{"name", "openssl"}, {"ensure", "3.0.11-1"}};
  const CliResult result = Run({"package", "openssl", "status"});
  EXPECT_THAT(result.out, StartsWith("puppetmaster.example.com                 version = openssl-3.0.11-1\n"));
  EXPECT_THAT(result.out,
              HasSubstr("---- package agent summary ----\nNodes: 2 / 2\nVersions: 2 * 3.0.11-1\nElapsed Time: "));
  EXPECT_THAT(Run({"package", "stauts", "openssl"}).err, HasSubstr("has no action 'stauts'; did you mean status?"));
  EXPECT_THAT(Run({"package", "openssl", "stauts"}).err, HasSubstr("has no action 'stauts'; did you mean status?"));
  Run({"package", "install", "openssl", "--version", "3.1", "--yes"});
  EXPECT_EQ(hub_.invoked()[1].inputs_json(), R"({"package":"openssl","version":"3.1"})");
}

TEST_F(AppCommandsTest, SeveralPackagesHaveALineEach) {
  const Json there = {{"package", "vim"}, {"ok", true}, {"name", "vim"}, {"ensure", "9.0-1"}};
  const Json absent = {{"package", "emacs"}, {"ok", true}, {"name", "emacs"}, {"ensure", "absent"}};
  const Json failed = {{"package", "nano"}, {"ok", false}, {"message", "no such package"}};
  hub_.replies["package.status"] = {{"results", {there, absent, failed}}};
  const CliResult result = Run({"package", "vim,emacs,nano", "status", "-I", "agent.example.com"});
  EXPECT_EQ(hub_.invoked()[0].inputs_json(), R"({"packages":"vim,emacs,nano"})");
  EXPECT_THAT(result.out, StartsWith("agent.example.com                        version = vim-9.0-1\n"
                                     "agent.example.com                        version = emacs absent\n"
                                     "agent.example.com                        nano: no such package\n"));
  EXPECT_THAT(result.out, HasSubstr("Versions: 1 * 9.0-1, 1 * absent\n"));
}

TEST_F(AppCommandsTest, APackageThatIsNotNamedIsAskedForBeforeAnythingIsSent) {
  const CliResult result = Run({"package", "status"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err, "orchctl: which package? write: orchctl package status <package>[,<package>...]\n");
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  EXPECT_EQ(Run({"package", "status", "packages=vim,nano"}).code, 0);
}

TEST_F(AppCommandsTest, PackageCheckupdatesNeedsNoPackage) {
  hub_.replies["package.checkupdates"] = {
      {"exitcode", 100}, {"package_manager", "apt"}, {"outdated_packages", {{{"package", "zlib"}, {"version", "2"}}}}};
  const CliResult result = Run({"package", "checkupdates"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      StartsWith(
          "puppetmaster.example.com                 \n   Outdated Packages:\n          Output:\n            zlib "));
  EXPECT_THAT(result.out, HasSubstr("   Exit Code: 100\n   Package Manager: apt\n"));
}

}  // namespace
}  // namespace orch::cli

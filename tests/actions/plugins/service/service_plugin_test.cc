#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/process/cancel_token.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"
#include "tests/actions/plugins/service/fake_systemd.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A node whose services are scripts in a folder of its own; one runs while the file "up" is there.
class ServicePluginTest : public ActionTest {
 protected:
  void SetUp() override {
    std::string name = absl::StrCat(::testing::TempDir(), "/orch_service_XXXXXX");
    folder_ = mkdtemp(name.data());
    options_.settings["service.provider"] = "script";
    options_.settings["service.path"] = folder_;
    options_.settings["service.init_dir"] = folder_;
    Script("web", R"(case $1 in
      status) [ -f $S/up ] && exit 0; exit 3;;
      start) : > $S/up;;
      stop) /bin/rm -f $S/up;;
      restart) : > $S/up;;
    esac)");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Script(const std::string& name, const std::string& script) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path) << "#!/bin/sh\nS=" << folder_ << "\n" << script << "\n";
    chmod(path.c_str(), 0755);
  }
  Reply Service(const std::string& action, const std::string& service = "web", bool strict = false) {
    Json inputs{{"service", service}};
    if (strict) inputs["strict"] = true;
    return Run("service", action, inputs);
  }
  // With little time to wait for the state that was asked for.
  Reply InHaste(const std::string& action, const std::string& service) {
    return Run("service", action, {{"service", service}}, absl::Seconds(3));
  }

  std::string folder_;
};

TEST_F(ServicePluginTest, StartsStopsAndTellsWhatChanged) {
  EXPECT_EQ(Service("status").data, (Json{{"status", "stopped"}}));
  EXPECT_EQ(Service("start").data, (Json{{"status", "running"}, {"changed", true}}));
  EXPECT_EQ(Service("start").data, (Json{{"status", "running"}, {"changed", false}}));
  EXPECT_EQ(Service("status").data, (Json{{"status", "running"}}));
  EXPECT_EQ(Service("restart").data, (Json{{"status", "running"}, {"changed", true}}));
  EXPECT_EQ(Service("stop").data, (Json{{"status", "stopped"}, {"changed", true}}));
  EXPECT_EQ(Service("stop").data, (Json{{"status", "stopped"}, {"changed", false}}));
  EXPECT_EQ(Service("restart").data["status"], "running");
}

TEST_F(ServicePluginTest, StrictFailsWhenThereIsNothingToDo) {
  const Reply stopped = Service("stop", "web", /*strict=*/true);
  EXPECT_EQ(stopped.status_code, kAborted);
  EXPECT_EQ(stopped.status_message, "could not stop 'web': the service is already stopped");
  EXPECT_EQ(Service("start", "web", /*strict=*/true).status_code, kOk);
  EXPECT_EQ(Service("start", "web", /*strict=*/true).status_code, kAborted);
}

TEST_F(ServicePluginTest, AnUnknownServiceIsSaidPlainly) {
  for (const char* action : {"status", "start", "stop", "restart"}) {
    const Reply reply = Service(action, "nosuch");
    EXPECT_EQ(reply.status_code, kAborted) << action;
    EXPECT_THAT(reply.status_message, HasSubstr("no service 'nosuch'")) << action;
  }
  EXPECT_EQ(Service("status", "nosuch").data["status"], "unknown");
}

TEST_F(ServicePluginTest, AFailingScriptGivesItsReason) {
  Script("bad", "[ $1 = status ] && exit 3; echo 'port 80 is taken' >&2; exit 1");
  const Reply reply = Service("start", "bad");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_THAT(reply.status_message, AllOf(HasSubstr("exit code 1"), HasSubstr("port 80 is taken")));
  EXPECT_EQ(reply.data["status"], "stopped");
  EXPECT_EQ(reply.data["changed"], false);
  Script("mute", "exit 4");
  EXPECT_EQ(Service("status", "mute").status_code, kAborted);
}

// systemd has such units; service(8) would take them for options.
TEST_F(ServicePluginTest, ADashBeginsNoNameOfAScript) {
  Script("-.mount", "exit 0");
  EXPECT_THAT(Service("status", "-.mount").status_message, HasSubstr("no name of an init script"));
  EXPECT_EQ(Service("status", "--status-all").status_code, kInvalidInput);
  EXPECT_THAT(Service("status", "dev-a\\x2db").status_message, HasSubstr("no service 'dev-a\\x2db'"));
}

TEST_F(ServicePluginTest, ADaemonStartedByNohupLivesOn) {
  Script("daemon", R"(case $1 in
      status) [ -f $S/pid ] && kill -0 $(/bin/cat $S/pid) 2>/dev/null && exit 0; exit 3;;
      start) /usr/bin/nohup /bin/sh -c 'echo $$ > '$S'/pid; while [ -d '$S' ]; do echo tick || exit 1; /bin/sleep 0.02; done' &
             echo starting;;
      stop) kill $(/bin/cat $S/pid); while kill -0 $(/bin/cat $S/pid) 2>/dev/null; do /bin/sleep 0.02; done;;
    esac)");
  EXPECT_EQ(Service("start", "daemon").data, (Json{{"status", "running"}, {"changed", true}}));
  const auto later = node_.clock.Steady() + absl::Milliseconds(500);
  while (node_.clock.Steady() < later) std::this_thread::yield();
  EXPECT_EQ(Service("status", "daemon").data["status"], "running");
  EXPECT_EQ(Service("restart", "web").status_code, kOk);
  EXPECT_EQ(Service("stop", "daemon").data, (Json{{"status", "stopped"}, {"changed", true}}));
}

TEST_F(ServicePluginTest, AServiceThatIsNotWhatWasAskedForIsAFailureThoughItsScriptSaysOtherwise) {
  Script("idle", "[ $1 = status ] && exit 3; exit 0");
  for (const char* verb : {"start", "restart"}) {
    const Reply reply = InHaste(verb, "idle");
    EXPECT_EQ(reply.status_code, kAborted) << verb;
    EXPECT_THAT(reply.status_message, HasSubstr("but the service is stopped"));
    EXPECT_EQ(reply.data["status"], "stopped");
  }
  Script("stubborn", "exit 0");
  const Reply stubborn = InHaste("stop", "stubborn");
  EXPECT_EQ(stubborn.status_code, kAborted);
  EXPECT_THAT(stubborn.status_message, HasSubstr("but the service is running"));
  Script("brief", R"(case $1 in
      status) [ -s $S/looks ] && /usr/bin/truncate -s -1 $S/looks && exit 0; exit 3;;
      start) printf ab > $S/looks;;
    esac)");
  EXPECT_EQ(InHaste("start", "brief").status_code, kAborted) << "it ended right after its start";
  Script("late", R"(case $1 in
      status) [ -f $S/up2 ] && exit 0; exit 3;;
      start) (/bin/sleep 0.4; : > $S/up2) >/dev/null 2>&1 & ;;
    esac)");
  EXPECT_EQ(Service("start", "late").data, (Json{{"status", "running"}, {"changed", true}}));
}

// service(8) looks in the standard folder only: elsewhere it would say "unrecognized service".
TEST_F(ServicePluginTest, RunsScriptsOfAnotherFolderItself) {
  Script("service", "exit 0");
  EXPECT_EQ(Service("status").data["status"], "stopped");
}

TEST_F(ServicePluginTest, PrefersTheServiceProgramForTheStandardFolder) {
  std::string service;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/etc/init.d", none)) {
    if (access(entry.path().c_str(), X_OK) == 0) service = entry.path().filename();
  }
  if (service.empty()) GTEST_SKIP() << "this machine has no init scripts";
  options_.settings.erase("service.init_dir");
  Script("service", "[ \"$*\" = '" + service + " status' ] && exit 0; exit 1");
  EXPECT_EQ(Service("status", service).data["status"], "running");
}

TEST_F(ServicePluginTest, NamesOutsideTheirAlphabetAreRefused) {
  for (const char* bad : {"a b", "../web", "-x", "a;b", "", "a/b"}) {
    EXPECT_EQ(Service("status", bad).status_code, kInvalidInput) << bad;
  }
  EXPECT_EQ(Run("service", "status").status_code, kMissingInput);
}

TEST_F(ServicePluginTest, AScriptThatHangsIsEndedInTime) {
  Script("slow", "exec /bin/sleep 100");
  const Reply reply = Run("service", "status", {{"service", "slow"}}, absl::Milliseconds(400));
  EXPECT_EQ(reply.error_kind, ErrorKind::kTimeout);
}

TEST_F(ServicePluginTest, WithoutSystemdTheInitScriptsOfTheHostAnswer) {
  if (sd_booted() > 0) GTEST_SKIP() << "this host runs systemd";
  options_.settings.clear();
  const Reply unknown = Service("status", "no-such-service-here");
  EXPECT_EQ(unknown.status_code, kAborted);
  EXPECT_THAT(unknown.status_message, HasSubstr("/etc/init.d/no-such-service-here"));
  if (access("/etc/init.d/dbus", X_OK) != 0) GTEST_SKIP() << "this host has no init script of dbus";
  const Reply dbus = Service("status", "dbus");
  EXPECT_EQ(dbus.status_code, kOk) << dbus.status_message;
  EXPECT_THAT(dbus.data["status"].get<std::string>(), ::testing::AnyOf("running", "stopped"));
}

// systemd's interface, answered on a bus of the test's own.
class SystemdServiceTest : public ActionTest {
 protected:
  void SetUp() override {
    std::string name = absl::StrCat(::testing::TempDir(), "/orch_systemd_XXXXXX");
    folder_ = mkdtemp(name.data());
    options_.settings["service.provider"] = "systemd";
    systemd_ = std::make_unique<FakeSystemd>(folder_);
    if (!systemd_->ready()) GTEST_SKIP() << "this host has no dbus-daemon";
  }
  void TearDown() override {
    systemd_.reset();
    std::filesystem::remove_all(folder_);
  }
  Reply Service(const std::string& action, const std::string& service, absl::Duration timeout = absl::Seconds(20)) {
    return Run("service", action, {{"service", service}}, timeout);
  }

  std::string folder_;
  std::unique_ptr<FakeSystemd> systemd_;
};

TEST_F(SystemdServiceTest, WaitsForTheJobAndTellsWhatChanged) {
  EXPECT_EQ(Service("status", "web").data, (Json{{"status", "stopped"}}));
  EXPECT_EQ(Service("start", "web").data, (Json{{"status", "running"}, {"changed", true}}));
  EXPECT_EQ(Service("start", "web.service").data, (Json{{"status", "running"}, {"changed", false}}));
  EXPECT_EQ(Service("restart", "web").data, (Json{{"status", "running"}, {"changed", true}}));
  EXPECT_EQ(Service("stop", "web").data, (Json{{"status", "stopped"}, {"changed", true}}));
}

TEST_F(SystemdServiceTest, AJobThatEndsBeforeItsCallIsAnsweredIsNotMissed) {
  const Reply reply = Service("start", "quick");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["status"], "running");
}

TEST_F(SystemdServiceTest, AFailedJobAndAnUnknownUnitAreStatusOne) {
  const Reply bad = Service("start", "bad");
  EXPECT_EQ(bad.status_code, kAborted);
  EXPECT_THAT(bad.status_message, AllOf(HasSubstr("'failed'"), HasSubstr("journalctl -u bad.service")));
  EXPECT_EQ(bad.data, (Json{{"status", "stopped"}, {"changed", false}}));
  for (const char* action : {"status", "start", "stop", "restart"}) {
    const Reply reply = Service(action, "nosuch");
    EXPECT_EQ(reply.status_code, kAborted) << action;
    EXPECT_THAT(reply.status_message, HasSubstr("systemd has no unit nosuch.service")) << action;
  }
}

TEST_F(SystemdServiceTest, AServiceThatIsNotWhatWasAskedForIsAFailureThoughItsJobIsDone) {
  for (const char* verb : {"start", "restart"}) {
    const Reply dies = Service(verb, "dies", absl::Seconds(3));
    EXPECT_EQ(dies.status_code, kAborted) << verb;
    EXPECT_THAT(dies.status_message, HasSubstr("but the service is stopped")) << verb;
    EXPECT_EQ(dies.data["status"], "stopped") << verb;
  }
  EXPECT_EQ(Service("start", "stays").status_code, kOk);
  const Reply stays = Service("stop", "stays", absl::Seconds(3));
  EXPECT_EQ(stays.status_code, kAborted);
  EXPECT_EQ(stays.data, (Json{{"status", "running"}, {"changed", false}}));
}

TEST_F(SystemdServiceTest, OneThatDoesItsWorkAndEndsWasStarted) {
  const Reply once = Service("start", "once");
  EXPECT_EQ(once.status_code, kOk) << once.status_message;
  EXPECT_EQ(once.data, (Json{{"status", "stopped"}, {"changed", true}}));
  EXPECT_EQ(Service("start", "late").data, (Json{{"status", "running"}, {"changed", true}}));
}

TEST_F(SystemdServiceTest, TimeAndCancellationEndTheWait) {
  const Reply late = Service("start", "slow", absl::Milliseconds(300));
  EXPECT_EQ(late.error_kind, ErrorKind::kTimeout);
  Service("stop", "web");
  CancelToken cancel;
  std::thread canceller([&cancel] { cancel.Cancel(); });
  const Reply cancelled = Run("service", "restart", {{"service", "slow"}}, absl::Seconds(20), &cancel);
  canceller.join();
  EXPECT_EQ(cancelled.error_kind, ErrorKind::kCancelled);
}

TEST(SystemdBusTest, ABusThatDoesNotAnswerIsSaidToBe) {
  FakeNode node;
  BuiltinOptions options;
  options.settings["service.provider"] = "systemd";
  setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/no/such/bus", 1);
  Request request;
  request.action = "status";
  request.inputs = {{"service", "web"}};
  Context context;
  context.clock = &node.clock;
  context.node = &node;
  context.timeout = absl::Seconds(5);
  const Reply reply = BuiltinCatalog(options, &node.clock)->Find("service")->Run(request, context);
  unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_THAT(reply.status_message, HasSubstr("system bus does not answer"));
}

}  // namespace
}  // namespace orch::actions

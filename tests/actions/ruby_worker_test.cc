#include "actions/worker/ruby_worker.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::actions {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class RubyWorkerTest : public ::testing::Test {
 protected:
  // An executable file that begins so.
  std::string Program(const char* name, const std::string& text) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/ruby_worker_test.", getpid(), ".", name);
    std::ofstream(path) << text;
    chmod(path.c_str(), 0755);
    made_.push_back(path);
    return path;
  }
  void TearDown() override {
    for (const std::string& path : made_) remove(path.c_str());
  }
  std::vector<std::string> made_;
};

TEST_F(RubyWorkerTest, TheScriptsLieBesideThePrograms) {
  const auto found = FindRubyScript({}, "worker_loop.rb");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, EndsWith("/lib/orch/ruby/worker_loop.rb"));
}

TEST_F(RubyWorkerTest, AMissingScriptSaysWhereItWasLookedFor) {
  const auto found = FindRubyScript({{"ruby.scripts", "/nowhere"}}, "puppetral.rb");
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("/nowhere/puppetral.rb"));
}

TEST_F(RubyWorkerTest, TheFirstLineNamesTheRuby) {
  const std::string ruby = Program("ruby", "#!/bin/sh\n");
  EXPECT_EQ(RubyOf(Program("puppet", absl::StrCat("#! ", ruby, " -w\nputs 1\n"))).value_or("none"), ruby);
}

TEST_F(RubyWorkerTest, ARubyThatIsNotThereIsSaid) {
  const auto found = RubyOf(Program("puppet", "#!/nowhere/bin/ruby\n"));
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("needs /nowhere/bin/ruby"));
}

TEST_F(RubyWorkerTest, AShellScriptIsNoRubyProgram) {
  EXPECT_EQ(RubyOf(Program("puppet", "#!/bin/sh\n")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RubyOf(Program("empty", "")).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RubyWorkerTest, ASetPuppetThatIsNotThereNamesTheSetting) {
  const auto found = FindPuppet({{"puppet.command", "/nowhere/puppet"}});
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("plugin.puppet.command"));
}

TEST_F(RubyWorkerTest, WorkerSettingsAreChecked) {
  WarmWorker::Options options;
  EXPECT_TRUE(ReadWorkerSettings({{"x.idle", "90s"}, {"x.processes", "3"}}, "x", &options).ok());
  EXPECT_EQ(options.idle, absl::Seconds(90));
  EXPECT_EQ(options.max_processes, 3u);
  for (const char* wrong : {"soon", "-1s", "0", "25h"}) {
    EXPECT_FALSE(ReadWorkerSettings({{"x.idle", wrong}}, "x", &options).ok()) << wrong;
  }
  for (const char* wrong : {"0", "17", "many"}) {
    EXPECT_FALSE(ReadWorkerSettings({{"x.processes", wrong}}, "x", &options).ok()) << wrong;
  }
}

}  // namespace
}  // namespace orch::actions

#include "actions/worker/ruby_worker.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/process/find_program.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

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

// As the official packages have it: bin/puppet is a link to puppet/bin/wrapper.sh, the ruby beside that.
TEST_F(RubyWorkerTest, TheRubyBehindTheWrapperOfPuppetsPackagesIsFound) {
  const TempFolder opt;
  const std::string ruby = std::filesystem::canonical(opt.Write("puppet/bin/ruby", "#!/bin/sh\n", 0755)).string();
  opt.Write("puppet/bin/puppet", absl::StrCat("#!", ruby, "\n"), 0755);
  const std::string wrapper = absl::StrCat(
      "#!/bin/sh\nunset GEM_HOME RUBYLIB\nif [ `expr \"${PATH}\" : '.*/opt/puppetlabs/bin'` -eq 0 ]; then\n"
      "  export PATH=\"${PATH:+${PATH}:}/opt/puppetlabs/bin\"\nfi\nCOMMAND=`basename \"${0}\"`\nexec ",
      std::filesystem::canonical(opt.path()).string(), "/puppet/bin/${COMMAND} \"$@\"\n");
  EXPECT_EQ(RubyOf(opt.Write("copied/puppet", wrapper, 0755)).value_or("none"), ruby);
  EXPECT_EQ(RubyOf(opt.Write("env",
                             absl::StrCat("#!/bin/sh\nexec /usr/bin/env -u GEM_HOME ", opt.path(),
                                          "/puppet/bin/puppet \"$@\"\n"),
                             0755))
                .value_or("none"),
            opt.Path("puppet/bin/ruby"));
  opt.Write("puppet/bin/wrapper.sh", "#!/bin/bash\nexec \"$(dirname \"$0\")/puppet.real\" \"$@\"\n", 0755);
  std::filesystem::create_directories(opt.Path("bin"));
  std::filesystem::create_symlink("../puppet/bin/wrapper.sh", opt.Path("bin/puppet"));
  EXPECT_EQ(RubyOf(opt.Path("bin/puppet")).value_or("none"), ruby) << "beside the file that the link means";
  EXPECT_EQ(FindPuppetsRuby({{"puppet.command", opt.Path("bin/puppet")}}).value_or("none"), ruby);
}

TEST_F(RubyWorkerTest, AShellScriptWithoutARubyBehindItIsNoRubyProgram) {
  EXPECT_EQ(RubyOf(Program("empty", "")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RubyOf(Program("other", "#!/usr/bin/python3\n")).status().code(), absl::StatusCode::kFailedPrecondition);
  if (FindProgram("/opt/puppetlabs/puppet/bin/ruby").ok() || FindProgram("/opt/puppet/bin/ruby").ok()) return;
  EXPECT_EQ(RubyOf(Program("puppet", "#!/bin/sh\n")).status().code(), absl::StatusCode::kFailedPrecondition);
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

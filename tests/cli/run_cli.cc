#include "tests/cli/run_cli.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/clock.h"
#include "base/random.h"
#include "cli/environment.h"
#include "cli/orchctl.h"

namespace orch::cli::testing {

CliResult RunCli(const std::vector<std::string>& args, const CliSetup& setup) {
  SystemClock clock;
  SystemRandom random;
  StringOutput out;
  StringOutput err;
  Environment env;
  env.out = &out;
  env.err = &err;
  env.stdin_fd = setup.stdin_fd;
  env.stdin_is_terminal = setup.terminal;
  env.out_is_terminal = setup.terminal;
  env.err_is_terminal = setup.terminal;
  env.columns = setup.terminal ? 80 : 0;
  env.variables = setup.variables;
  env.clock = &clock;
  env.random = &random;
  env.interrupt = setup.interrupt;
  CliResult result;
  result.code = RunOrchctl(args, &env);
  result.out = out.text();
  result.err = err.text();
  return result;
}

PipeWith::PipeWith(const std::string& text) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  fd_ = ends[0];
}
PipeWith::~PipeWith() { ::close(fd_); }

namespace {

// Removes the folders when the program ends.
struct TempDirs {
  std::vector<std::string> paths;
  ~TempDirs() {
    std::error_code ignored;
    for (const std::string& path : paths) std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

std::string NewTempDir() {
  static TempDirs made;
  std::string path = ::testing::TempDir() + "/cli_XXXXXX";
  EXPECT_NE(::mkdtemp(path.data()), nullptr);
  made.paths.push_back(path);
  return path;
}

}  // namespace orch::cli::testing

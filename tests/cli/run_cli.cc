#include "tests/cli/run_cli.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/clock.h"
#include "base/random.h"
#include "cli/orchctl.h"
#include "cli/terminal/environment.h"

namespace orch::cli::testing {

namespace {

class WatchedOutput final : public Output {
 public:
  explicit WatchedOutput(const std::function<void(const std::string&)>& on_text) : on_text_(on_text) {}
  void Write(absl::string_view text) override {
    text_.append(text.data(), text.size());
    if (on_text_) on_text_(std::string(text));
  }
  bool Flush() override { return true; }
  const std::string& text() const { return text_; }

 private:
  const std::function<void(const std::string&)>& on_text_;
  std::string text_;
};

}  // namespace

CliResult RunCli(const std::vector<std::string>& args, const CliSetup& setup) {
  SystemClock clock;
  SystemRandom random;
  WatchedOutput out(setup.on_text);
  WatchedOutput err(setup.on_text);
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

// Runs orchctl's real commands inside a test.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/terminal/interrupt.h"

namespace orch::cli::testing {

struct CliResult {
  int code = -1;
  std::string out;
  std::string err;
};

struct CliSetup {
  int stdin_fd = -1;
  bool terminal = false;  // all three are terminals, 80 columns
  std::map<std::string, std::string> variables = {};
  Interrupt* interrupt = nullptr;
  std::function<void(const std::string& text)> on_text = nullptr;  // told of each piece of output, as it is written
};

CliResult RunCli(const std::vector<std::string>& args, const CliSetup& setup = {});

// The reading end of a pipe that holds `text` and is at its end after it; closed when destroyed.
class PipeWith {
 public:
  explicit PipeWith(const std::string& text);
  ~PipeWith();
  PipeWith(const PipeWith&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// A new empty folder below the test's temporary one.
std::string NewTempDir();

}  // namespace orch::cli::testing

// All that a command knows of the world outside its arguments. Filled in by main, or by a test.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/random.h"
#include "cli/terminal/output.h"

namespace orch::cli {

class Interrupt;

struct Environment {
  Output* out = nullptr;
  Output* err = nullptr;
  int stdin_fd = 0;  // -1: closed
  bool stdin_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 0;  // of the terminal; 0: not known
  int rows = 0;     // the same
  std::map<std::string, std::string> variables;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Interrupt* interrupt = nullptr;  // null: Ctrl-C is not handled
  // What need not be taken down before the process ends; null: take it down. One in some hundred
  // closings of gRPC 1.51's last channel waits a second for a thread that missed its wake-up.
  std::vector<std::shared_ptr<void>>* until_exit = nullptr;

  // A table is made to fit into so many; 0: no limit, it goes to a file or a pipe.
  size_t OutputColumns() const { return out_is_terminal && columns > 0 ? static_cast<size_t>(columns) : 0; }

  std::string Variable(absl::string_view name) const {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::string() : found->second;
  }
};

}  // namespace orch::cli

// Everything a command uses of the world outside its arguments. main or a test fills it in and owns
// what it points to.
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
  int stdin_fd = 0;  // -1 if closed
  bool stdin_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 0;  // of the terminal; 0 if unknown
  int rows = 0;     // of the terminal; 0 if unknown
  std::map<std::string, std::string> variables;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Interrupt* interrupt = nullptr;  // null if Ctrl-C is not handled
  // Keeps objects that need not be destroyed before the process ends. If null, they are destroyed
  // at once. (When gRPC 1.51 closes its last channel, it sometimes waits a second for a thread that
  // missed its wake-up.)
  std::vector<std::shared_ptr<void>>* until_exit = nullptr;

  // Returns how many columns a table may take; 0 means no limit, because the output is a file or a
  // pipe.
  size_t OutputColumns() const { return out_is_terminal && columns > 0 ? static_cast<size_t>(columns) : 0; }

  std::string Variable(absl::string_view name) const {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::string() : found->second;
  }
};

}  // namespace orch::cli

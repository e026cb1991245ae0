// All that a command knows of the world outside its arguments. Filled in by main, or by a test.
#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/random.h"
#include "cli/output.h"

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
  std::map<std::string, std::string> variables;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Interrupt* interrupt = nullptr;  // null: Ctrl-C is not handled

  std::string Variable(absl::string_view name) const {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::string() : found->second;
  }
};

}  // namespace orch::cli

// Command lines of the benchmark's programs: --name=value. Prints what is wrong and ends the program. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "auth/key.h"

namespace orch::swarm {

class Options {
 public:
  Options(int argc, char** argv);
  std::string Text(const std::string& name, const std::string& otherwise) const;
  double Number(const std::string& name, double otherwise) const;
  // The file that is named so; "" if none is named.
  std::string File(const std::string& name) const;
  // The line "psk ID HEX" of the file that --credentials names.
  auth::Key Psk() const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace orch::swarm

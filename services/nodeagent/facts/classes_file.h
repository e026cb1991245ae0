// The node's configuration management classes: Puppet's classes.txt, one name a line. Used by one
// thread at a time. A file that cannot be read is no classes and a problem.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxClassesBytes = 1u << 20;
inline constexpr size_t kMaxClasses = 10'000;

struct Classes {
  std::vector<std::string> names;  // sorted, each once
  std::string problem;             // empty when all is well or no file is there
};

// Names that are no UTF-8 or longer than 512 bytes are left out and counted in the problem.
Classes ParseClasses(absl::string_view text, absl::string_view source);

// The list of classes over time.
class ClassesFile {
 public:
  // Reads the first of `paths` that exists. Of a file that has become empty the last classes are kept, with a problem;
  // a file that cannot be read and one that is gone are no classes.
  Classes Read(const std::vector<std::string>& paths);

 private:
  std::string path_;
  std::vector<std::string> last_;  // that `path_` gave
};

// Changes when the first existing file is written or another one becomes first. Cheap: stat only.
std::string ClassesStamp(const std::vector<std::string>& paths);

}  // namespace orch::nodeagent

// The node's configuration management classes, from Puppet's classes.txt with one name a line. Owned by Inventory; used
// by one thread at a time. A file that cannot be read gives no classes and a problem.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxClassesBytes = 1u << 20;
inline constexpr size_t kMaxClasses = 10'000;

struct Classes {
  std::vector<std::string> names;  // sorted, each once
  std::string problem;             // empty if the file was read, or if there is none
};

// Leaves out names that are not UTF-8 or longer than 512 bytes, and counts them in the problem.
Classes ParseClasses(absl::string_view text, absl::string_view source);

// Remembers the last classes between two readings.
class ClassesFile {
 public:
  // Reads the first of `paths` that exists. If that file has become empty, the last classes are kept, with a problem;
  // if it cannot be read or is gone, there are no classes.
  Classes Read(const std::vector<std::string>& paths);

 private:
  std::string path_;
  std::vector<std::string> last_;  // from `path_`
};

// Returns a text that changes when the first existing file is written or another file becomes the first. Cheap: only
// calls stat.
std::string ClassesStamp(const std::vector<std::string>& paths);

}  // namespace orch::nodeagent

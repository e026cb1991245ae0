// Site facts from the files that `facts.files` lists; later files win. Each file keeps its last good facts while it is
// wrong. Owned by FactCollector; used by one thread at a time.
#pragma once

#include <string>
#include <vector>

#include "services/nodeagent/facts/fact_part.h"

namespace orch::nodeagent {

class FactFiles {
 public:
  explicit FactFiles(const std::vector<std::string>& paths) { SetPaths(paths); }
  // Files that stay listed keep their last good facts.
  void SetPaths(const std::vector<std::string>& paths);
  std::vector<FactPart> Collect();

 private:
  std::vector<FactPart> parts_;
};

}  // namespace orch::nodeagent

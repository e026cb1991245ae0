// Collects the facts of the node from every source and merges them: built-in, facter, facts.d, YAML files. Later
// sources win by top-level name. Owned by Inventory; used by one thread at a time; Collect blocks while programs run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process/cancel_token.h"
#include "services/nodeagent/facts/fact_files.h"
#include "services/nodeagent/facts/fact_part.h"
#include "services/nodeagent/facts/facts_config.h"
#include "services/nodeagent/facts/facts_directory.h"

namespace orch::nodeagent {

struct CollectedFacts {
  std::shared_ptr<const Json> facts;  // an object of at most kMaxFactsBytes as text
  std::vector<std::string> problems;
};

class FactCollector {
 public:
  enum class Depth {
    kQuick,  // runs no program; facter and executables keep their last facts
    kFull,
  };

  FactCollector(FactsConfig config, const Clock* clock);
  // Takes effect with the next collection. Sources that stay keep their last good facts.
  void SetConfig(const FactsConfig& config);
  CollectedFacts Collect(Depth depth, const CancelToken* cancel);

 private:
  void RunFacter(const CancelToken* cancel);

  FactsConfig config_;
  const Clock* const clock_;
  FactPart facter_;
  FactsDirectory directory_;
  FactFiles files_;
};

// Merges parts in order. Leaves out, with a problem, a part that would make the whole larger than `max_bytes`.
CollectedFacts MergeFacts(const std::vector<FactPart>& parts, size_t max_bytes);

}  // namespace orch::nodeagent

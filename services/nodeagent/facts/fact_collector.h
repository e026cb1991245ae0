// All facts of the node, from every source, merged: built-in, facter, facts.d, YAML files; later
// sources win by top-level name. Used by one thread at a time; Collect blocks while programs run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process/cancel_token.h"
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
    kQuick,  // runs no program: what facter and executables gave before is used
    kFull,
  };

  FactCollector(FactsConfig config, const Clock* clock);
  // From the next collection on. Sources that stay keep the last good facts they gave.
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

// Merges parts in order. One that would take the whole beyond `max_bytes` is left out, with a problem.
CollectedFacts MergeFacts(const std::vector<FactPart>& parts, size_t max_bytes);

}  // namespace orch::nodeagent

// A DDL's summaries over the replies of a job, one reply at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/ddl/ddl.h"
#include "base/json.h"

namespace orch::ddl {

// Replies with status 0 count, and with status 1 where the failure is what is summed up: nagios_states.
// At most kMaxDistinct different values a summary; the rest is
// counted as one, and said so. Not thread-safe.
class Aggregator {
 public:
  static constexpr size_t kMaxDistinct = 10'000;

  explicit Aggregator(const Action& action);
  ~Aggregator();
  void Add(const Json& data);        // of a reply with status 0
  void AddFailed(const Json& data);  // with status 1

  struct Result {
    std::string title;               // "Summary of Service Status"
    std::vector<std::string> lines;  // as MCollective printed them, unindented; empty: nothing to aggregate
    Json value;                      // for JSON output
    std::string function;
    std::string output;
  };
  std::vector<Result> Results() const;

 private:
  struct State;
  std::vector<std::unique_ptr<State>> states_;
};

}  // namespace orch::ddl

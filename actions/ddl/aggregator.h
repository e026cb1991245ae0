// Computes the summaries of a DDL over the replies of a job, one reply at a time. Each summary counts at most
// kMaxDistinct different values; it counts further ones as one and says so. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/ddl/ddl.h"
#include "base/json.h"

namespace orch::ddl {

class Aggregator {
 public:
  static constexpr size_t kMaxDistinct = 10'000;

  explicit Aggregator(const Action& action);
  ~Aggregator();
  void Add(const Json& data);        // the data of a reply with status 0
  void AddFailed(const Json& data);  // with status 1; only nagios_states counts these

  struct Result {
    std::string title;               // "Summary of Service Status"
    std::vector<std::string> lines;  // as MCollective printed them, not indented; empty: nothing to aggregate
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

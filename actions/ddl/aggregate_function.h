// A summary of the values of one output. An Aggregator owns it. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"

namespace orch::ddl {

class AggregateFunction {
 public:
  virtual ~AggregateFunction() = default;
  virtual void Add(const Json& value) = 0;             // never null
  virtual std::vector<std::string> Lines() const = 0;  // empty if nothing was added
  virtual Json Value() const = 0;
};

// Makes summary, boolean_summary or nagios_states, which count how often each value occurs; nullptr for other
// functions.
std::unique_ptr<AggregateFunction> MakeCounting(const Aggregate& aggregate);
// Makes average, sum, min, max, percentile or chart, which take numbers and texts that are numbers; nullptr for other
// functions.
std::unique_ptr<AggregateFunction> MakeNumeric(const Aggregate& aggregate);

}  // namespace orch::ddl

// One summary over the values of one output. Owned by an Aggregator; not thread-safe.
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
  virtual std::vector<std::string> Lines() const = 0;  // empty when nothing was added
  virtual Json Value() const = 0;
};

// summary, boolean_summary, nagios_states: how often each value was seen.
std::unique_ptr<AggregateFunction> MakeCounting(const Aggregate& aggregate);
// average, sum, min, max, percentile, chart: over numbers, and text that is a number.
std::unique_ptr<AggregateFunction> MakeNumeric(const Aggregate& aggregate);

// Both give nullptr when the function is not one of theirs.

}  // namespace orch::ddl

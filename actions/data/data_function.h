// The type of data functions and their parameter. Each one is a plain function in the table of data_functions.cc;
// docs/FILTERS.md has their results.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actions/core/action.h"
#include "actions/core/node_state.h"
#include "base/clock.h"
#include "base/json.h"

namespace orch::actions {

// The time limit of a data function. A function that exceeds it fails, and so does the filter on that node.
inline constexpr absl::Duration kDataFunctionTimeout = absl::Seconds(5);

class PuppetMemory;

struct DataCall {
  std::string argument;  // empty if there is none
  const NodeState& node;
  const Clock& clock;
  const std::map<std::string, std::string>& settings;  // of the plugins, by "plugin.item"
  PuppetMemory* puppet;                                // null: nothing is remembered

  // Returns a setting; empty if it is not set.
  std::string Setting(const std::string& name) const {
    const auto found = settings.find(name);
    return found == settings.end() ? "" : found->second;
  }
};

// Returns an object of fields, or an error if the value cannot be found out. Blocks; thread-safe.
using DataFunction = absl::StatusOr<Json> (*)(const DataCall& call);

}  // namespace orch::actions

// What a data function gets: its argument and the node. Each is a plain function, listed in
// data_functions.cc; the filter language (docs/FILTERS.md) says what it returns.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actions/core/action.h"
#include "base/clock.h"
#include "base/json.h"

namespace orch::actions {

// A function that needs longer fails, and with it the filter on that node.
inline constexpr absl::Duration kDataFunctionTimeout = absl::Seconds(5);

class PuppetMemory;

struct DataCall {
  std::string argument;  // empty when there is none
  const NodeState& node;
  const Clock& clock;
  const std::map<std::string, std::string>& settings;  // of the plugins, by "plugin.item"
  PuppetMemory* puppet;                                // null: nothing is remembered

  // Empty when it is not set.
  std::string Setting(const std::string& name) const {
    const auto found = settings.find(name);
    return found == settings.end() ? "" : found->second;
  }
};

// Returns an object of fields; an error means the function cannot say. Blocks; thread-safe.
using DataFunction = absl::StatusOr<Json> (*)(const DataCall& call);

}  // namespace orch::actions

// Runs the data functions of a filter on a node (fstat('/etc/hosts') and the others of FILTERS.md). The node implements
// it; a call may block. One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::filter {

class DataFunctions {
 public:
  virtual ~DataFunctions() = default;
  // Returns the fields of the function as an object, or an error if the call failed on this node. The caller has
  // checked `arguments` against data_function_table.h.
  virtual absl::StatusOr<Json> Call(absl::string_view function, const std::vector<std::string>& arguments) = 0;
};

}  // namespace orch::filter

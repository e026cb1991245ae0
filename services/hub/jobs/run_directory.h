// Finds running jobs. Implemented by Dispatcher. All calls on the hub's loop.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::hub {

class JobRun;

class RunDirectory {
 public:
  virtual ~RunDirectory() = default;
  // Null when no such job runs.
  virtual JobRun* RunOf(absl::string_view job_id) = 0;
};

}  // namespace orch::hub

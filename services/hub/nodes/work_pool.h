// Runs work that may take long off the hub's loop: filters over the fleet's facts, reports, checks of large inputs.
// Implemented by FairWorkPool, and by fakes in tests. Thread-safe; never blocks.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/executor.h"

namespace orch::hub {

class WorkPool {
 public:
  // The place of one piece of work, which may come in several parts; holds the caller's name. The place is free again
  // when the last copy is destroyed.
  using Place = std::shared_ptr<const std::string>;

  virtual ~WorkPool() = default;
  // ResourceExhausted at a bound; then nothing of the work may begin.
  virtual absl::StatusOr<Place> Enter(absl::string_view caller) = 0;
  // Runs `part` on some thread, after the parts that the caller has queued before. When the pool stops first, the part
  // is destroyed without being run.
  virtual void Run(Place place, Closure part) = 0;
};

}  // namespace orch::hub

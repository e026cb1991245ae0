// The way of a question about the fleet: read off the loop, frozen on it, answered off it again. Refused
// at the pool's bounds; given up when it was cancelled or costs too much. Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "base/executor.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/work_pool.h"

namespace orch::hub {

class Questions {
 public:
  // `registry` is used on the loop only.
  Questions(const Registry* registry, WorkPool* pool, Executor* loop) : registry_(registry), pool_(pool), loop_(loop) {}

  struct Question {
    std::string caller;
    // Whether nobody wants the answer any more; asked between the steps and within the answer. Any thread.
    std::function<bool()> cancelled;
    // Off the loop: reads the request and says which columns it needs. Null: none.
    absl::AnyInvocable<absl::Status(ColumnNames* names)> read;
    // On the loop, right before the fleet is frozen: takes along what else the answer needs. May be null.
    absl::AnyInvocable<absl::Status()> on_loop;
    // Off the loop.
    absl::AnyInvocable<absl::Status(const FleetSnapshot& fleet, StepBudget* budget)> answer;
    // Once, on any thread, with the first error or OK; the last thing that is called. Not called when the
    // hub stops first.
    absl::AnyInvocable<void(const absl::Status& status)> done;
  };
  void Ask(Question question);

 private:
  const Registry* const registry_;
  WorkPool* const pool_;
  Executor* const loop_;
};

}  // namespace orch::hub

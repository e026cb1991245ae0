// The steps of a question about the fleet: the request is read off the loop, the fleet is frozen on the loop, and the
// answer is found off the loop again. A question is refused when the pool is full, and given up when it is cancelled or
// costs too much. Owned by the hub. Thread-safe.
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
  // Uses `registry` on the loop only.
  Questions(const Registry* registry, WorkPool* pool, Executor* loop) : registry_(registry), pool_(pool), loop_(loop) {}

  struct Question {
    std::string caller;
    // Whether nobody waits for the answer any more. Called between the steps and during the answer, on any thread.
    std::function<bool()> cancelled;
    // Off the loop: reads the request and names the columns that it needs. Null: it needs none.
    absl::AnyInvocable<absl::Status(ColumnNames* names)> read;
    // On the loop, just before the fleet is frozen: copies whatever else the answer needs. May be null.
    absl::AnyInvocable<absl::Status()> on_loop;
    // Off the loop: finds the answer.
    absl::AnyInvocable<absl::Status(const FleetSnapshot& fleet, StepBudget* budget)> answer;
    // Called once, on any thread, after all others: with the first error, or OK. Not called when the hub stops first.
    absl::AnyInvocable<void(const absl::Status& status)> done;
  };
  void Ask(Question question);

 private:
  const Registry* const registry_;
  WorkPool* const pool_;
  Executor* const loop_;
};

}  // namespace orch::hub

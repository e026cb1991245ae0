// A serial loop that runs functions one after another, so that code which runs only on it needs no lock. main owns the
// program's one loop.
#pragma once

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace orch {

using Closure = absl::AnyInvocable<void()>;
using TimerId = uint64_t;  // never 0

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `task` on the loop after everything posted before; never runs it inline. Thread-safe. A loop that has stopped
  // destroys the task without running it.
  virtual void Post(Closure task) = 0;
  // Runs `task` on the loop once `delay` has passed. Thread-safe.
  virtual TimerId PostAfter(absl::Duration delay, Closure task) = 0;
  // True if the timer had not run yet; its task is then destroyed. Thread-safe.
  virtual bool Cancel(TimerId timer) = 0;
  // Whether the caller runs on the loop's own thread.
  virtual bool OnLoop() const = 0;
};

}  // namespace orch

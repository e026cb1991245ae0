// The timers of an executor, ordered by due time. Owned by one executor, which guards it: not thread-safe.
#pragma once

#include <map>
#include <utility>

#include "absl/time/time.h"
#include "base/executor.h"

namespace orch {

class TimerQueue {
 public:
  TimerId Add(absl::Duration due, Closure task);
  bool Cancel(TimerId timer);
  // The due time of the earliest timer; InfiniteDuration if there is none.
  absl::Duration NextDue() const;
  // Removes and returns the earliest task that is due at `now`; empty if there is none.
  Closure TakeDue(absl::Duration now);
  void Clear();

 private:
  TimerId next_id_ = 1;
  std::map<std::pair<absl::Duration, TimerId>, Closure> by_due_;
  std::map<TimerId, absl::Duration> due_by_id_;
};

}  // namespace orch

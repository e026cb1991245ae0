// What one question may cost, and whether anybody still wants the answer. Steps are counted before they
// are taken and tell when to look: a search by regular expression takes anything from a thousandth of a
// nanosecond to 14 ns for each byte and instruction of its program, so what is bounded is processor time.
// Made for one question; used by the thread that answers it.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/thread.h"

namespace orch::hub {

// Of a thread's processor time. A hundred times what 20,000 nodes take under an ordinary filter.
inline constexpr absl::Duration kMaxQuestionTime = absl::Seconds(1);

class StepBudget {
 public:
  using ProcessorTime = std::function<absl::Duration()>;

  // `cancelled` may be null.
  explicit StepBudget(absl::Duration limit = kMaxQuestionTime, std::function<bool()> cancelled = nullptr,
                      ProcessorTime used = ThreadProcessorTime);

  // False when the question is to be given up, with status().
  bool Spend(uint64_t steps) {
    since_look_ += steps;
    return since_look_ < kLookEvery || Look();
  }
  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }

 private:
  static constexpr uint64_t kLookEvery = 100'000;  // 1.4 ms at worst, and one more search: at worst 0.5 s

  bool Look();

  const absl::Duration limit_;
  const std::function<bool()> cancelled_;
  const ProcessorTime used_;
  const absl::Duration begin_;
  uint64_t since_look_ = kLookEvery;  // looks at the first step
  absl::Status status_;
};

}  // namespace orch::hub

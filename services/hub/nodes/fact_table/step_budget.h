// The cost that one question may have, and whether anybody still waits for its answer. Steps are counted before they
// are taken, and their number says when to look at the time: the search by a regular expression takes between a
// thousandth of a nanosecond and 14 ns for each byte and instruction of its program, so the bound is one of processor
// time. Made for one question; used by the thread that answers it.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/thread.h"

namespace orch::hub {

// Processor time of one thread: a hundred times that of an ordinary filter over 20,000 nodes.
inline constexpr absl::Duration kMaxQuestionTime = absl::Seconds(1);

class StepBudget {
 public:
  using ProcessorTime = std::function<absl::Duration()>;

  // `cancelled` may be null.
  explicit StepBudget(absl::Duration limit = kMaxQuestionTime, std::function<bool()> cancelled = nullptr,
                      ProcessorTime used = ThreadProcessorTime);

  // False when the question must be given up, with status().
  bool Spend(uint64_t steps) {
    since_look_ += steps;
    return since_look_ < kLookEvery || Look();
  }
  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }

 private:
  static constexpr uint64_t kLookEvery = 100'000;  // at worst 1.4 ms and one more search, which takes at worst 0.5 s

  bool Look();

  const absl::Duration limit_;
  const std::function<bool()> cancelled_;
  const ProcessorTime used_;
  const absl::Duration begin_;
  uint64_t since_look_ = kLookEvery;  // so that it looks at the first step
  absl::Status status_;
};

}  // namespace orch::hub

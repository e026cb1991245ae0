// Counts the messages that this node refused, and logs at most kMaxLinesPerSecond of them, so that a flood of forged
// messages does not become a flood of lines. Owned by CommandGate; used on the loop.
#pragma once

#include "absl/status/status.h"
#include "auth/refusal.h"
#include "auth/refusal_counters.h"
#include "base/clock.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

class RefusalLog {
 public:
  static constexpr int kMaxLinesPerSecond = 5;

  explicit RefusalLog(const Clock* clock) : clock_(clock) {}

  void Add(const v1::Envelope& envelope, auth::Refusal refusal, const absl::Status& why);
  const auth::RefusalCounters& counters() const { return counters_; }

 private:
  const Clock* const clock_;
  auth::RefusalCounters counters_;
  absl::Duration second_;  // start of the second that the two counts below belong to
  int logged_ = 0;
  int unlogged_ = 0;
};

}  // namespace orch::nodeagent

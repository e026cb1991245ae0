#include "services/nodeagent/gate/refusal_log.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace orch::nodeagent {

void RefusalLog::Add(const v1::Envelope& envelope, auth::Refusal refusal, const absl::Status& why) {
  counters_.Count(refusal);
  const absl::Duration now = clock_->Steady();
  if (now - second_ >= absl::Seconds(1)) {
    if (unlogged_ > 0) {
      LogWarning("more messages were refused than were logged", {{"count", absl::StrCat(unlogged_)}});
    }
    second_ = now;
    logged_ = unlogged_ = 0;
  }
  if (logged_ >= kMaxLinesPerSecond) {
    ++unlogged_;
    return;
  }
  ++logged_;
  LogWarning("refused a message", {{"reason", std::string(auth::RefusalName(refusal))},
                                   {"job", envelope.attempt_id().substr(0, 64)},
                                   {"why", std::string(why.message())}});
}

}  // namespace orch::nodeagent

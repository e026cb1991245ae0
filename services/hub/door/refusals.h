// Counts the refused peers by reason and logs them at a bounded rate. Owned by the hub. Thread-safe; its lock is a
// leaf.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/refusal.h"
#include "auth/refusal_counters.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "services/hub/door/refusal_listener.h"

namespace orch::hub {

class Refusals {
 public:
  static constexpr int kMaxLogsPerSecond = 20;

  explicit Refusals(const Clock* clock) : clock_(clock) {}
  // `listener` may be null, and must outlive every call of Note. Call before the first Note.
  void SetListener(RefusalListener* listener) { listener_ = listener; }

  // `name`: the name that the peer gives itself; `address`: where it comes from; `what`: the service or stage that
  // refuses it; `detail`: for people.
  void Note(auth::Refusal refusal, absl::string_view name, absl::string_view address, absl::string_view what,
            absl::string_view detail);
  const auth::RefusalCounters& counters() const { return counters_; }
  auth::RefusalCounters* mutable_counters() { return &counters_; }

 private:
  const Clock* const clock_;
  RefusalListener* listener_ = nullptr;
  auth::RefusalCounters counters_;
  Mutex mu_;
  absl::Duration second_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  int logged_ ABSL_GUARDED_BY(mu_) = 0;
  int unlogged_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace orch::hub

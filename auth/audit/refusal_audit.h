// Adds up refusals of strangers by network and reason, so that a flood of them becomes a few records: at most
// kMaxEntries and one for the rest in each window. A window is a second, and longer while there are more networks than
// entries, so that a lasting flood does not push the log's history out either. Thread-safe; its lock is a leaf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/audit/audit_sink.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace orch::auth {

class RefusalAudit {
 public:
  static constexpr size_t kMaxEntries = 16;
  static constexpr size_t kMaxTextBytes = 200;  // of a name or a detail that a stranger chose
  static constexpr absl::Duration kWindow = absl::Seconds(1);
  static constexpr absl::Duration kMaxWindow = absl::Minutes(1);

  struct Refused {
    absl::string_view reason;   // "wrong_key"
    absl::string_view network;  // "10.1.2.0/24"
    absl::string_view address;  // of this peer
    absl::string_view name;     // that the peer gives itself
    absl::string_view at;       // the stage or service that refused it
    absl::string_view detail;   // for people
  };

  // `event`: of the records, "handshake".
  RefusalAudit(AuditSink* sink, const Clock* clock, std::string event)
      : sink_(sink), clock_(clock), event_(std::move(event)) {}

  void Note(const Refused& refused);
  // Writes the records of a window that is over. Call about once a second; `all`: at the end, also of an open window.
  void Flush(bool all = false);

 private:
  struct Entry {
    uint64_t count = 0;
    std::string address, name, at, detail;  // of the first one
  };
  using Entries = std::map<std::pair<std::string, std::string>, Entry>;  // by network and reason

  AuditSink* const sink_;
  const Clock* const clock_;
  const std::string event_;
  Mutex mu_;
  Entries entries_ ABSL_GUARDED_BY(mu_);
  uint64_t rest_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration window_ ABSL_GUARDED_BY(mu_) = kWindow;
  absl::Duration window_end_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
};

}  // namespace orch::auth

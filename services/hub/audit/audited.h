// Records what a caller does before it is done, and that it failed, if it did. Pure, except for the sink; any thread.
#pragma once

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "auth/audit/audit_sink.h"

namespace orch::hub {

// An error means that the record is not written and nothing may be done without it (audit.required).
inline absl::Status WriteBefore(auth::AuditSink* sink, const auth::AuditRecord& record) {
  const absl::Status written = sink->Write(record);
  if (written.ok() || !sink->required()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("nothing was done, because it cannot be recorded (audit.required): ", written.message()));
}

// Returns a `done` that records a failure of what `record` announced, and then calls `done`.
inline std::function<void(absl::Status)> RecordFailure(auth::AuditSink* sink, auth::AuditRecord record,
                                                       std::function<void(absl::Status)> done) {
  return [sink, record = std::move(record), done = std::move(done)](const absl::Status& status) mutable {
    if (!status.ok()) {
      record.decision = "refused";
      record.reason = std::string(status.message());
      sink->Write(record).IgnoreError();  // nothing was done; the log counts what it loses
    }
    done(status);
  };
}

}  // namespace orch::hub

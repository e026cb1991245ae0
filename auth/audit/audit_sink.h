// Where decisions are written: an audit log, or nothing. Implemented by AuditLog. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/json.h"

namespace orch::auth {

// One decision. Contains no secret: inputs marked as sensitive are *** already.
struct AuditRecord {
  std::string event;     // dotted, from the general to the special: "job.invoke", "token.create", "handshake"
  std::string decision;  // "allowed", "denied" (by a rule), "refused" (malformed, unproved, replayed), "changed"
  std::string caller;    // "client=alice"; empty: nobody has proved who it is
  std::string reason;    // for people; may be empty
  Json details;          // an object with what the event needs: job, plugin, action, targets, rule, node, address
};

class AuditSink {
 public:
  virtual ~AuditSink() = default;
  // An error means that the record is not in the log. It is worth another try; the caller decides whether to act
  // without it (`required()`).
  virtual absl::Status Write(const AuditRecord& record) = 0;
  // Whether nothing may be done that cannot be written first (setting audit.required).
  virtual bool required() const = 0;
};

}  // namespace orch::auth

// Writes a record of an audit log in the form of other systems. Pure functions; any thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::auth {

// MCollective's line: "[2026-01-31 12:00:00 UTC] reqid=R: reqtime=EPOCH caller=C@SENDER agent=A action=B data={…}".
// What a record does not have is "-"; other events than actions have the agent "orch" and the event as their action.
std::string AuditAsMco(const Json& record);

// A message of RFC 5424 in facility 13 (log audit): severity 4 for what was denied or refused, else 6. The host is the
// record's node, or `host`; the record itself, as JSON, is the message.
std::string AuditAsSyslog(const Json& record, absl::string_view host);

// One line for people: time, decision, caller, event and what it is about.
std::string AuditAsText(const Json& record);

}  // namespace orch::auth

// The states of a task: its lawful moves, in one table, and the count of each outcome. Pure functions.
#pragma once

#include "absl/strings/string_view.h"
#include "orch/v1/job.pb.h"

namespace orch::hub {

// True for the states that a task never leaves.
bool IsTerminal(v1::TaskState state);

// True when the table contains the move from `from` to `to`.
bool IsLawfulMove(v1::TaskState from, v1::TaskState to);

// True for the outcomes that a node may report itself; only the hub reports the others.
bool IsNodeOutcome(v1::TaskState state);

enum class Outcome { kOk, kFailed, kMissing };
// The count of a JobSummary to which a terminal state belongs.
Outcome OutcomeOf(v1::TaskState state);

// Makes a node's own reply consistent: state and status code must agree, and the identity becomes the session's. A
// reply that does not agree becomes FAILED of kind ERROR_KIND_PROTOCOL and says the reason.
void NormaliseNodeReply(absl::string_view identity, bool drop_data, v1::Reply* reply);

// A reply that the hub gives in place of the node.
v1::Reply HubReply(absl::string_view identity, v1::TaskState state, v1::ErrorKind kind, absl::string_view message);

}  // namespace orch::hub

// Lawful moves of a task, in one table, and how its end counts.
#pragma once

#include "absl/strings/string_view.h"
#include "orch/v1/job.pb.h"

namespace orch::hub {

// True for states a task never leaves.
bool IsTerminal(v1::TaskState state);

// True when the table has `from` → `to`.
bool IsLawfulMove(v1::TaskState from, v1::TaskState to);

// True for the outcomes a node may report itself; the rest are the hub's to say.
bool IsNodeOutcome(v1::TaskState state);

enum class Outcome { kOk, kFailed, kMissing };
// How a terminal state counts in a JobSummary.
Outcome OutcomeOf(v1::TaskState state);

// Makes a node's own reply consistent: state and status code must fit one another, the identity is
// the session's. What does not fit becomes FAILED of kind ERROR_KIND_PROTOCOL and says why.
void NormaliseNodeReply(absl::string_view identity, bool drop_data, v1::Reply* reply);

// A reply the hub gives in a node's stead.
v1::Reply HubReply(absl::string_view identity, v1::TaskState state, v1::ErrorKind kind, absl::string_view message);

}  // namespace orch::hub

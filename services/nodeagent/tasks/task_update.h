// Makes the updates a task ends with. Pure functions; any thread. The data of a reply never makes
// a message too large to send.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/action.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/runner/output_pipe.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxReplyBytes = 3u << 20;  // of data_json; a message holds 4 MiB
inline constexpr size_t kMaxStatusMessageBytes = 16u << 10;
inline constexpr size_t kMaxFilterFailureBytes = 1u << 10;

// FINISHED with what an action returned: OK or FAILED.
v1::TaskUpdate FinishedUpdate(const actions::Reply& reply, absl::Duration ran, bool no_reply_data);

// FINISHED without an action's own answer: refused, cancelled, timed out.
v1::TaskUpdate EndedUpdate(v1::TaskState state, int status_code, v1::ErrorKind kind, absl::string_view message);

// FILTERED: the node is no target. `failure`: the data function that failed and why, or empty.
v1::TaskUpdate FilteredUpdate(absl::string_view failure = "");

v1::TaskUpdate StartedUpdate();

// `printed`: of live output, to each stream in all.
void SetPrinted(const Printed& printed, v1::Reply* reply);

}  // namespace orch::nodeagent

// Makes the updates of a task. Pure functions; any thread. A reply with too much data becomes an error, so that every
// update fits a message.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/action.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/runner/output_pipe.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxReplyBytes = 3u << 20;  // data_json; a message holds 4 MiB
inline constexpr size_t kMaxStatusMessageBytes = 16u << 10;
inline constexpr size_t kMaxFilterFailureBytes = 1u << 10;

// Returns FINISHED with the reply of an action: OK or FAILED.
v1::TaskUpdate FinishedUpdate(const actions::Reply& reply, absl::Duration ran, bool no_reply_data);

// Returns FINISHED without a reply of an action: refused, cancelled, timed out.
v1::TaskUpdate EndedUpdate(v1::TaskState state, int status_code, v1::ErrorKind kind, absl::string_view message);

// Returns FILTERED: the node is no target. `failure` names the data function that failed and why, or is empty.
v1::TaskUpdate FilteredUpdate(absl::string_view failure = "");

v1::TaskUpdate StartedUpdate();

// Stores how many bytes of live output each stream printed.
void SetPrinted(const Printed& printed, v1::Reply* reply);

}  // namespace orch::nodeagent

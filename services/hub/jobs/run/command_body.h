// A job's Command as bytes. It is serialised and hashed once, whatever the number of targets. Pure.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "services/hub/jobs/run/job_request.h"
#include "services/hub/nodes/node_channel.h"

namespace orch::hub {

// Fits the largest message of a node together with its envelope; a larger one would end the node's stream.
inline constexpr size_t kMaxCommandBytes = (4u << 20) - 4096;

// `attempt_id`: see attempt_id.h.
std::shared_ptr<const CommandBody> MakeCommandBody(absl::string_view attempt_id, const JobRequest& request);

}  // namespace orch::hub

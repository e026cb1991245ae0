// A job's Command as bytes: serialised and hashed once, whatever the number of its targets. Pure.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "services/hub/jobs/run/job_request.h"
#include "services/hub/nodes/node_channel.h"

namespace orch::hub {

// What fits a node's largest message, with room for the envelope: a larger one would cost the node its stream.
inline constexpr size_t kMaxCommandBytes = (4u << 20) - 4096;

// `attempt_id`: see attempt_id.h.
std::shared_ptr<const CommandBody> MakeCommandBody(absl::string_view attempt_id, const JobRequest& request);

}  // namespace orch::hub

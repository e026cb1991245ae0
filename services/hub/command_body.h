// A job's Command as bytes: serialised and hashed once, whatever the number of its targets. Pure.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orch/v1/job.pb.h"
#include "services/hub/node_channel.h"

namespace orch::hub {

// What fits a node's largest message, with room for the envelope: a larger one would cost the node its stream.
inline constexpr size_t kMaxCommandBytes = (4u << 20) - 4096;

// `run_limit`: the node ends the action after so long.
std::shared_ptr<const CommandBody> MakeCommandBody(absl::string_view job_id, const v1::JobSpec& spec,
                                                   absl::string_view caller, absl::Duration run_limit);

}  // namespace orch::hub

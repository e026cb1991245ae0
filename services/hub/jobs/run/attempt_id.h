// The id that one attempt of a job's tasks has on the wire.
#pragma once

#include <cstdint>
#include <string>

namespace orch::hub {

// The first attempt has the job's own id. A repeat has another one, so that a node which refuses to run an id twice
// runs it; every hub computes the same.
std::string AttemptId(const std::string& job_id, uint32_t attempt);

}  // namespace orch::hub

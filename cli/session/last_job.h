// The id of the job that was started last, which @last stands for. It is stored in the cache
// folder, for one user and one hub. If the folder cannot be written, there is no @last, and nothing
// fails.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/session/client_config.h"

namespace orch::cli {

inline constexpr absl::string_view kLastJob = "@last";

// Stores the id of a job that was just accepted.
void RememberLastJob(const ClientConfig& config, const std::string& job_id);

// Returns the remembered id for @last, and any other `id` unchanged. NotFound if no id is
// remembered for this hub.
absl::StatusOr<std::string> ResolveJobId(const ClientConfig& config, const std::string& id);

}  // namespace orch::cli

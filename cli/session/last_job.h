// The id of the job that was started last, so that it can be called @last. Kept in the cache folder, for one
// user and one hub; a cache that cannot be written only means that there is no @last.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/session/client_config.h"

namespace orch::cli {

inline constexpr absl::string_view kLastJob = "@last";

void RememberLastJob(const ClientConfig& config, const std::string& job_id);

// `id`, or for @last the id that was remembered. NotFound when there is none, or it is another hub's.
absl::StatusOr<std::string> ResolveJobId(const ClientConfig& config, const std::string& id);

}  // namespace orch::cli

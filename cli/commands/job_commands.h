// The commands `orchctl job ...` and `orchctl events`, and the functions that their files share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/commands/command.h"
#include "cli/jobs/invocation.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

inline constexpr uint32_t kRowsPerPage = 1000;  // jobs or replies that one request asks for

// Returns the rows of `orchctl job` in the table of commands.
std::vector<CommandEntry> JobVerbs();
std::unique_ptr<Command> MakeEventsCommand();
std::unique_ptr<Command> MakeJobCancelCommand();
std::unique_ptr<Command> MakeJobListCommand();
std::unique_ptr<Command> MakeJobLocksCommand();
std::unique_ptr<Command> MakeJobPauseCommand();
std::unique_ptr<Command> MakeJobPruneCommand();
std::unique_ptr<Command> MakeJobRepliesCommand();
std::unique_ptr<Command> MakeJobResumeCommand();
std::unique_ptr<Command> MakeJobRetryFailedCommand();
std::unique_ptr<Command> MakeJobShowCommand();
std::unique_ptr<Command> MakeJobWatchCommand();

// InvalidArgument unless `id` is @last or has 8 to 32 hex digits; the hub finds the job whose id
// begins with them.
absl::Status CheckJobId(const std::string& id);
// Returns the job id, which must be the only word.
absl::StatusOr<std::string> JobIdOf(const std::vector<std::string>& words, absl::string_view usage);
// Asks the hub for a job by id, id prefix or @last.
absl::StatusOr<v1::GetJobResponse> FetchJob(Context* context, const std::string& id);

// Parses a time: "2h" or "3d" (ago), "2026-11-21", "2026-11-21 08:00", or RFC 3339.
absl::StatusOr<absl::Time> ParseWhen(absl::string_view text, absl::Time now);

// Returns the action of a job, with its DDL if the fleet still has it; otherwise without labels.
Invocation InvocationOfJob(Context* context, const v1::JobSpec& spec);

}  // namespace orch::cli

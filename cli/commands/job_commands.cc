#include "cli/commands/job_commands.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/options/option_groups.h"
#include "cli/options/words.h"
#include "cli/session/last_job.h"
#include "cli/session/plugin_source.h"

namespace orch::cli {
namespace {

constexpr unsigned kReplies = kBasicOptions | kOutputOptions | kReplyOptions;
constexpr unsigned kRecords = kBasicOptions | kJsonOptions;

}  // namespace

std::vector<CommandEntry> JobVerbs() {
  return {
      {"job list", {}, "List jobs, the newest first", {"job list [options]"}, kRecords, MakeJobListCommand},
      {"job show", {}, "Show what is known of a job", {"job show <job>"}, kRecords, MakeJobShowCommand},
      {"job watch",
       {},
       "Show a job's replies from the first, and follow the job to its end",
       {"job watch <job>"},
       kReplies | kRunOptions,
       MakeJobWatchCommand},
      {"job replies",
       {},
       "Show the replies so far",
       {"job replies <job> [--state ok,failed,...]"},
       kReplies,
       MakeJobRepliesCommand},
      {"job cancel",
       {},
       "End jobs: stop running actions, and send no more commands",
       {"job cancel <job> ..."},
       kRecords | kDryRunOptions,
       MakeJobCancelCommand},
      {"job pause",
       {},
       "Send no more commands until the job is resumed; running actions continue",
       {"job pause <job> ..."},
       kRecords | kDryRunOptions,
       MakeJobPauseCommand},
      {"job resume",
       {},
       "Resume paused jobs",
       {"job resume <job> ..."},
       kRecords | kDryRunOptions,
       MakeJobResumeCommand},
      {"job retry-failed",
       {},
       "Run a finished job again on the nodes where it did not succeed",
       {"job retry-failed [options] <job> [<key=val> ...]"},
       kReplies | kRunOptions | kJobOptions | kInputOptions,
       MakeJobRetryFailedCommand},
      {"job prune",
       {},
       "Forget finished jobs",
       {"job prune --finished-before <when> [--keep <count>]"},
       kRecords | kDryRunOptions,
       MakeJobPruneCommand},
      {"job locks", {}, "List the locks that jobs hold", {"job locks"}, kRecords, MakeJobLocksCommand},
  };
}

absl::Status CheckJobId(const std::string& id) {
  if (id == kLastJob) return absl::OkStatus();
  const bool good = id.size() >= 8 && id.size() <= 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(id.substr(0, 80)),
                   "' is no job id: 32 hex digits, or the first 8 or more of them, or @last; "
                   "'orchctl job list' shows them"));
}

absl::StatusOr<std::string> JobIdOf(const std::vector<std::string>& words, absl::string_view usage) {
  if (words.empty()) return absl::InvalidArgumentError(absl::StrCat("no job given; usage: orchctl ", usage));
  ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, usage));
  ORCH_RETURN_IF_ERROR(CheckJobId(words[0]));
  return words[0];
}

absl::StatusOr<v1::GetJobResponse> FetchJob(Context* context, const std::string& id) {
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  v1::GetJobRequest request;
  ORCH_ASSIGN_OR_RETURN(*request.mutable_job_id(), ResolveJobId(context->config(), id));
  return hub->GetJob(request);
}

absl::StatusOr<absl::Time> ParseWhen(absl::string_view text, absl::Time now) {
  absl::Time time;
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"}) {
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, nullptr)) return time;
  }
  if (absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return time;
  absl::Duration ago;
  const bool days = absl::EndsWith(text, "d");
  const std::string plain = days ? absl::StrCat(text.substr(0, text.size() - 1), "h") : std::string(text);
  if (absl::ParseDuration(plain, &ago) && ago >= absl::ZeroDuration()) return now - (days ? 24 * ago : ago);
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no time; give one as 2h or 3d (ago), 2026-11-21, or \"2026-11-21 08:00\""));
}

Invocation InvocationOfJob(Context* context, const v1::JobSpec& spec) {
  Invocation invocation;
  absl::StatusOr<HubClient*> hub = context->Hub();
  if (hub.ok() && CheckPluginName(spec.plugin()).ok()) {
    auto loaded = PluginSource(*hub, context->config().cache_dir).GetExactly(spec.plugin());
    if (loaded.ok()) invocation.plugin = loaded->plugin;
  }
  if (invocation.plugin != nullptr) invocation.action = invocation.plugin->FindAction(spec.action());
  if (invocation.action == nullptr) {
    auto unknown = std::make_shared<ddl::Plugin>();
    unknown->name = spec.plugin();
    ddl::Action& action = unknown->actions[spec.action()];
    action.name = spec.action();
    action.display = ddl::Display::kAlways;
    invocation.action = &action;
    invocation.plugin = std::move(unknown);
  }
  return invocation;
}

}  // namespace orch::cli

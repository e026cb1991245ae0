// Reads records of an audit log from the hub or from files.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "auth/audit/audit_cursor.h"
#include "auth/audit/audit_filter.h"
#include "auth/audit/audit_line.h"
#include "base/status_macros.h"
#include "cli/commands/audit_commands.h"
#include "cli/commands/job_commands.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/interrupt.h"

namespace orch::cli {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(500);

// Names the option in the error of a time.
absl::Status SetTime(absl::string_view option, const std::string& text, absl::Time now, absl::Time* time) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Time> parsed = ParseWhen(text, now);
  if (!parsed.ok()) return absl::InvalidArgumentError(absl::StrCat(option, ": ", parsed.status().message()));
  *time = *parsed;
  return absl::OkStatus();
}

absl::StatusOr<auth::AuditFilter> FilterOf(const AuditQuery& query, absl::Time now) {
  auth::AuditFilter filter;
  ORCH_RETURN_IF_ERROR(SetTime("--since", query.since, now, &filter.since));
  ORCH_RETURN_IF_ERROR(SetTime("--until", query.until, now, &filter.until));
  if (filter.since >= filter.until) {
    return absl::InvalidArgumentError("--since must be before --until: nothing lies between them");
  }
  filter.caller = query.caller;
  filter.event = query.event;
  filter.decision = query.decision;
  filter.job = query.job;
  filter.node = query.node;
  return filter;
}

absl::StatusOr<int> ReadFiles(Context* context, const AuditQuery& query, const auth::AuditFilter& filter,
                              const std::function<void(absl::string_view line)>& on_line) {
  uint64_t after = 0;
  if (query.last > 0) {
    ORCH_ASSIGN_OR_RETURN(const auto lines, auth::ReadLastRecords(query.file, filter, query.last));
    for (const std::string& line : lines) {
      absl::string_view time;
      (void)auth::ReadAuditStart(line, &after, &time);
      on_line(line);
    }
    if (!query.follow) return kExitOk;
  }
  const auth::AuditMatcher matcher(filter);
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<auth::AuditCursor> cursor, auth::AuditCursor::Open(query.file, after));
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const auto line, cursor->Next());
    if (line.has_value()) {
      if (matcher.Matches(*line)) on_line(*line);
      continue;
    }
    if (!query.follow) return kExitOk;
    context->env().out->Push();
    if (!PauseFor(kLookEvery, *context->env().clock, context->env().interrupt)) return kExitInterrupted;
  }
}

absl::StatusOr<int> AskHub(Context* context, const AuditQuery& query, const auth::AuditFilter& filter,
                           const std::function<void(absl::string_view line)>& on_line) {
  v1::ReadAuditRequest request;
  if (filter.since != absl::InfinitePast()) request.set_since_us(absl::ToUnixMicros(filter.since));
  if (filter.until != absl::InfiniteFuture()) request.set_until_us(absl::ToUnixMicros(filter.until));
  request.set_caller(query.caller);
  request.set_event(query.event);
  request.set_decision(query.decision);
  request.set_job_id(query.job);
  request.set_identity(query.node);
  request.set_last(query.last);
  request.set_follow(query.follow);
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  const StreamEnd end = hub->ReadAudit(request, [&](const v1::ReadAuditResponse& response) {
    for (const std::string& line : response.lines()) on_line(line);
    context->env().out->Push();
    return true;
  });
  if (end.interrupted) return kExitInterrupted;
  ORCH_RETURN_IF_ERROR(end.status);
  return kExitOk;
}

}  // namespace

void AuditQuery::DeclareOptions(OptionTable* table) {
  const std::string group = "Application Options";
  table->Text({"--since"}, "WHEN", "Only records since then: 2h, 30d, 2026-01-31, 2026-01-31 08:00", group, &since);
  table->Text({"--until"}, "WHEN", "Only records before then", group, &until);
  table->Text({"--caller"}, "CALLER", "Only records of this caller, such as client=alice", group, &caller);
  table->Text({"--event"}, "EVENT", "Only this event or those that begin so: job takes job.invoke and job.cancel",
              group, &event);
  table->Value({"--decision"}, "DECISION", "Only records that say allowed, denied, refused or changed", group,
               &decision,
               [](const std::string& text) -> absl::StatusOr<std::string> {
                 const std::vector<std::string> known = {"allowed", "denied", "refused", "changed"};
                 if (std::find(known.begin(), known.end(), text) == known.end()) return NoneOf(text, known);
                 return text;
               },
               {"allowed", "denied", "refused", "changed"});
  table->Text({"--job"}, "JOB", "Only records about this job, by its whole id", group, &job);
  table->Text({"--node"}, "NODE", "Only records about this node, or with it among the targets", group, &node);
  table->Text({"--file"}, "PATH", "Read this log and the older files beside it, without a hub", group, &file);
  table->Number({"-n", "--last"}, "COUNT", "Only the last so many of these records", group, &last,
                static_cast<uint32_t>(auth::kMaxLast));
}

absl::StatusOr<int> ReadAuditRecords(Context* context, const AuditQuery& query,
                                     const std::function<void(absl::string_view line)>& on_line) {
  ORCH_ASSIGN_OR_RETURN(const auth::AuditFilter filter, FilterOf(query, context->env().clock->Now()));
  if (!query.file.empty()) return ReadFiles(context, query, filter, on_line);
  ORCH_RETURN_IF_ERROR(context->Prepare());
  return AskHub(context, query, filter, on_line);
}

}  // namespace orch::cli

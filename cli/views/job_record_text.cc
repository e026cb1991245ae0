#include "cli/views/job_record_text.h"

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/display_width.h"
#include "cli/terminal/style.h"
#include "cli/terminal/text_table.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {
namespace {

constexpr size_t kShortId = 8;
constexpr size_t kMaxInputsShown = 60;  // columns of a list that the inputs may take

Json InputsJson(const v1::JobSpec& spec) {
  const absl::StatusOr<Json> inputs = ParseJsonObject(spec.inputs_json(), "inputs");
  return inputs.ok() ? *inputs : Json::object();
}

std::string WhatText(const v1::JobSpec& spec) { return Printable(absl::StrCat(spec.plugin(), " ", spec.action())); }

// Returns the rollout options of a job, such as "concurrency 2, at most 10% failures".
std::string RolloutText(const v1::JobSpec& spec) {
  std::vector<std::string> parts;
  const auto amount = [&](const char* what, uint32_t count, uint32_t percent) {
    if (count > 0) parts.push_back(absl::StrCat(what, " ", count));
    if (percent > 0) parts.push_back(absl::StrCat(what, " ", percent, "%"));
  };
  amount("batch", spec.batch_size(), spec.batch_percent());
  amount("concurrency", spec.concurrency(), spec.concurrency_percent());
  amount("max-failures", spec.max_failures(), spec.max_failures_percent());
  amount("canary", spec.canary(), 0);
  amount("retries", spec.retries(), 0);
  if (!spec.group_by().empty()) parts.push_back(absl::StrCat("group-by ", spec.group_by()));
  if (spec.queue_offline())
    parts.push_back(absl::StrCat("queue for ", absl::FormatDuration(absl::Milliseconds(spec.ttl_ms()))));
  return Printable(absl::StrJoin(parts, ", "));
}

std::string CountsText(const v1::Job& job) {
  const uint32_t open = job.targets() - std::min(job.targets(), job.ok() + job.failed() + job.missing());
  return absl::StrCat(job.ok(), " ok, ", job.failed(), " failed, ", job.missing(), " missing, ", open, " open of ",
                      job.targets());
}

std::string EventName(v1::WatchEventsResponse::Kind kind) {
  return absl::AsciiStrToLower(v1::WatchEventsResponse::Kind_Name(kind));
}

}  // namespace

std::string JobStateName(v1::JobState state) {
  const std::string name = absl::AsciiStrToLower(v1::JobState_Name(state));
  return absl::StrReplaceAll(absl::StripPrefix(name, "job_"), {{"_", "-"}});
}

std::string WhenText(int64_t time_us) {
  if (time_us == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %z", absl::FromUnixMicros(time_us), absl::LocalTimeZone());
}

bool IsCancelled(const v1::Job& job) {
  return job.state() == v1::JOB_FINISHED && job.summary().stop_reason() == v1::STOP_REASON_CANCELLED;
}

std::string JobStateName(const v1::Job& job) { return IsCancelled(job) ? "cancelled" : JobStateName(job.state()); }

Json JobJson(const v1::Job& job) {
  const v1::JobSummary& summary = job.summary();
  Json json = {{"job_id", job.job_id()},
               {"caller", job.caller()},
               {"plugin", job.spec().plugin()},
               {"action", job.spec().action()},
               {"inputs", InputsJson(job.spec())},
               {"state", JobStateName(job)},
               {"created", static_cast<double>(job.created_us()) / 1e6},
               {"targets", job.targets()},
               {"ok", job.ok()},
               {"failed", job.failed()},
               {"missing", job.missing()},
               {"durable", job.durable()},
               {"paused_because", job.paused_because()},
               {"lock", job.spec().lock()}};
  if (job.has_summary()) {
    json["elapsed"] = static_cast<double>(summary.elapsed_us()) / 1e6;
    json["ended_early"] = StopReasonText(summary.stop_reason());
  }
  return json;
}

namespace {

// Returns the action with its inputs, such as "package install package=zsh".
std::string WhatWithInputs(const v1::JobSpec& spec) {
  std::string text = WhatText(spec);
  const Json inputs = InputsJson(spec);
  for (const auto& item : inputs.items()) {
    absl::StrAppend(&text, " ", Printable(item.key()), "=", DisplayValue(item.value()));
  }
  return CutToWidth(text, DisplayWidth(WhatText(spec)) + kMaxInputsShown);
}

// Returns "08:13:11" for today, and "2026-11-21" for another day.
std::string ShortWhen(int64_t time_us, absl::Time now) {
  const absl::TimeZone zone = absl::LocalTimeZone();
  const absl::Time time = absl::FromUnixMicros(time_us);
  const bool today = absl::ToCivilDay(time, zone) == absl::ToCivilDay(now, zone);
  return absl::FormatTime(today ? "%H:%M:%S" : "%Y-%m-%d", time, zone);
}

std::vector<std::vector<std::string>> JobRows(const std::vector<v1::Job>& jobs,
                                              const std::function<std::string(int64_t)>& when) {
  std::vector<std::vector<std::string>> rows = {
      {"JOB", "STATE", "CREATED", "CALLER", "ACTION", "NODES", "OK", "FAILED", "MISSING"}};
  for (const v1::Job& job : jobs) {
    rows.push_back({Printable(job.job_id().substr(0, kShortId)), JobStateName(job), when(job.created_us()),
                    Printable(job.caller()), WhatWithInputs(job.spec()), absl::StrCat(job.targets()),
                    absl::StrCat(job.ok()), absl::StrCat(job.failed()), absl::StrCat(job.missing())});
  }
  return rows;
}

}  // namespace

std::string JobTable(const std::vector<v1::Job>& jobs, size_t columns, absl::Time now) {
  std::string wide = TextTable(JobRows(jobs, [](int64_t time_us) { return WhenText(time_us); }));
  const std::vector<std::string> lines = absl::StrSplit(wide, '\n');
  const bool fits = std::all_of(lines.begin(), lines.end(),
                                [columns](const std::string& line) { return DisplayWidth(line) <= columns; });
  if (columns == 0 || fits) return wide;
  auto rows = JobRows(jobs, [now](int64_t time_us) { return ShortWhen(time_us, now); });
  rows[0][7] = "FAIL";
  rows[0][8] = "MISS";
  return TextTable(rows, columns);
}

std::string JobText(const v1::GetJobResponse& response) {
  const v1::Job& job = response.job();
  std::string text = absl::StrCat("Job ", Printable(job.job_id()), ":\n\n");
  const auto line = [&text](const char* label, const std::string& value) {
    if (!value.empty()) absl::StrAppendFormat(&text, "%16s: %s\n", label, Printable(value));
  };
  line("Action", WhatText(job.spec()));
  const Json inputs = InputsJson(job.spec());
  line("Inputs", inputs.empty() ? "" : InlineValue(inputs));
  line("Caller", job.caller());
  line("State", job.paused_because().empty() ? JobStateName(job)
                                             : absl::StrCat(JobStateName(job), " (", job.paused_because(), ")"));
  line("Created", WhenText(job.created_us()));
  line("Nodes", CountsText(job));
  if (job.has_summary()) {
    line("Took",
         absl::FormatDuration(absl::Trunc(absl::Microseconds(job.summary().elapsed_us()), absl::Milliseconds(1))));
    line("Ended Early", StopReasonText(job.summary().stop_reason()));
  }
  line("Rollout", RolloutText(job.spec()));
  line("Lock", job.spec().lock());
  line("Kept", job.durable() ? "on disk" : "in memory only");
  if (!response.open().empty()) text += "\nWithout outcome yet:\n";
  for (const v1::TaskProgress& task : response.open()) {
    absl::StrAppendFormat(&text, "    %-40s %s%s\n", Printable(task.identity()),
                          absl::AsciiStrToLower(v1::TaskState_Name(task.state())),
                          task.attempt() > 1 ? absl::StrCat(", attempt ", task.attempt()) : "");
  }
  return text;
}

Json JobDetailJson(const v1::GetJobResponse& response) {
  Json json = JobJson(response.job());
  json["open"] = Json::array();
  for (const v1::TaskProgress& task : response.open()) {
    json["open"].push_back({{"sender", task.identity()},
                            {"state", v1::TaskState_Name(task.state())},
                            {"since", static_cast<double>(task.time_us()) / 1e6},
                            {"attempt", task.attempt()}});
  }
  return json;
}

std::string EventLine(const v1::WatchEventsResponse& event) {
  const std::string when = WhenText(event.time_us());
  if (event.kind() == v1::WatchEventsResponse::GAP) {
    return absl::StrCat(when, "  ", event.lost() > 0 ? absl::StrCat(event.lost(), " events") : "events",
                        " were lost: this client was too slow, or away for too long");
  }
  if (!event.has_job()) {
    return absl::StrCat(when, "  ", EventName(event.kind()), "  ", Printable(event.identity()),
                        event.note().empty() ? "" : absl::StrCat(": ", Printable(event.note())));
  }
  const v1::Job& job = event.job();
  const std::string because =
      job.paused_because().empty() ? "" : absl::StrCat(" (", Printable(job.paused_because()), ")");
  return absl::StrCat(when, "  ", EventName(event.kind()), because, "  ", Printable(job.job_id().substr(0, kShortId)),
                      "  ", WhatText(job.spec()), " by ", Printable(job.caller()), ", ", CountsText(job));
}

Json EventJson(const v1::WatchEventsResponse& event) {
  Json json = {{"kind", "event"},
               {"event", EventName(event.kind())},
               {"cursor", event.cursor()},
               {"time", static_cast<double>(event.time_us()) / 1e6}};
  if (!event.identity().empty()) json["identity"] = event.identity();
  if (!event.note().empty()) json["note"] = event.note();
  if (event.has_job()) {
    json["job"] = JobJson(event.job());
    json["job"].erase("inputs");  // events have no inputs
  }
  if (event.kind() == v1::WatchEventsResponse::GAP) json["lost"] = event.lost();
  return json;
}

}  // namespace orch::cli

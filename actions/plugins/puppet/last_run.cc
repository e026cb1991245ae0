#include "actions/plugins/puppet/last_run.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "actions/plugins/puppet/puppet_yaml.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/text_file.h"
#include "base/yaml.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxReasonBytes = 600;
constexpr int64_t kReportSlack = 5;  // seconds
constexpr char kNoCatalog[] = "Could not retrieve catalog";

const Json& MemberOf(const Json& object, const char* key) {
  static const Json absent;
  if (!object.is_object()) return absent;
  const auto found = object.find(key);
  return found == object.end() ? absent : *found;
}

template <typename Number>
Number NumberOf(const Json& object, const char* key) {
  const Json& value = MemberOf(object, key);
  return value.is_number() ? value.get<Number>() : Number{0};
}

std::string TextOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "" : DumpJson(value);
}

// Reads "2026-11-21T08:24:07.264974796+00:00"; older versions of Puppet write a blank for the T and before the zone.
int64_t SecondsOf(const Json& value) {
  std::string text = TextOf(value);
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  absl::Time time;
  std::string problem;
  return absl::ParseTime(absl::RFC3339_full, text, &time, &problem) ? absl::ToUnixSeconds(time) : 0;
}

// Returns the section "logs" of a report.
absl::StatusOr<Json> ParseRunLogs(const std::string& section, const std::string& report) {
  if (section.size() > kMaxLogBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the log in ", report, " holds more than ", kMaxLogBytes, " bytes"));
  }
  ORCH_ASSIGN_OR_RETURN(const YamlDocument document, ParseYaml(section, report, {.max_bytes = kMaxLogBytes}));
  Json logs = Json::array();
  const Json& lines = MemberOf(document.value, "logs");
  if (!lines.is_array()) return logs;
  for (const Json& line : lines) {
    logs.push_back({{"time", SecondsOf(MemberOf(line, "time"))},
                    {"level", TextOf(MemberOf(line, "level"))},
                    {"source", TextOf(MemberOf(line, "source"))},
                    {"msg", std::string(absl::StripTrailingAsciiWhitespace(TextOf(MemberOf(line, "message"))))}});
  }
  return logs;
}

// Returns the error about the catalog, or else the first one.
std::string CatalogError(const Json& logs) {
  std::string first;
  for (const Json& line : logs) {
    const std::string text = TextOf(MemberOf(line, "msg")).substr(0, kMaxReasonBytes);
    if (TextOf(MemberOf(line, "level")) != "err") continue;
    if (absl::StartsWith(text, kNoCatalog)) return text;
    if (first.empty()) first = text;
  }
  return first;
}

// Puppet writes the report together with the summary, unless the setting "report" is off; the report is then an older
// one.
bool BelongsTo(const LastRun& run, const std::string& report) {
  struct stat info;
  return stat(report.c_str(), &info) == 0 && info.st_mtim.tv_sec >= run.lastrun - kReportSlack;
}

}  // namespace

absl::StatusOr<LastRun> ReadLastRun(const std::string& summary) {
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(summary, kMaxSummaryBytes));
  LastRun run;
  ORCH_ASSIGN_OR_RETURN(YamlDocument document, ParseYaml(text, summary, {.max_bytes = kMaxSummaryBytes}));
  run.document = std::move(document.value);
  if (!run.document.is_object()) {
    return absl::FailedPreconditionError(absl::StrCat(summary, " is no summary of a Puppet run"));
  }
  const Json& resources = MemberOf(run.document, "resources");
  run.out_of_sync = NumberOf<int64_t>(resources, "out_of_sync");
  run.failed = NumberOf<int64_t>(resources, "failed");
  run.corrected = NumberOf<int64_t>(resources, "corrective_change");
  run.changed = NumberOf<int64_t>(resources, "changed");
  run.total = NumberOf<int64_t>(resources, "total");
  const Json& time = MemberOf(run.document, "time");
  run.lastrun = NumberOf<int64_t>(time, "last_run");
  run.config_retrieval_time = NumberOf<double>(time, "config_retrieval");
  run.total_time = NumberOf<double>(time, "total");
  run.config_version = TextOf(MemberOf(MemberOf(run.document, "version"), "config"));
  run.applied = run.total > 0 || !run.config_version.empty();  // every catalog has some resources
  return run;
}

absl::StatusOr<Json> ReadRunLogs(const std::string& report) {
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(report, kMaxReportBytes));
  return ParseRunLogs(TopLevelSection(text, "logs"), report);
}

std::string CatalogProblem(const LastRun& run, const std::string& report) {
  const std::string nothing = "the last run applied no catalog: ", unknown = "it did not compile, or could not be had";
  std::string text;
  if (BelongsTo(run, report)) text = ReadFile(report, kMaxReportBytes).value_or("");
  const bool cached = absl::StrContains(TopLevelSection(text, "cached_catalog_status"), "on_failure");
  const std::string logs = TopLevelSection(text, "logs");
  // Skips the parsing of most reports, which have no fault and would take a second each.
  if (run.applied && !cached && !absl::StrContains(logs, kNoCatalog)) return "";
  const std::string reason = CatalogError(ParseRunLogs(logs, report).value_or(Json::array()));
  if (!run.applied) return absl::StrCat(nothing, reason.empty() ? unknown : reason);
  if (!cached && !absl::StartsWith(reason, kNoCatalog)) return "";  // somebody else's words
  return absl::StrCat("the last run applied a catalog of before: ",
                      reason.empty() ? std::string("the new one did not compile, or could not be had") : reason);
}

}  // namespace orch::actions

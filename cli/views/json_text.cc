#include "cli/views/json_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_text.h"

namespace orch::cli {

std::string JsonText(const Json& value, bool pretty) {
  return absl::StrCat(PrintableJson(value, pretty ? 2 : -1), "\n");
}

Json AnswerJson(const Answer& answer) {
  Json json = {{"sender", answer.identity},   {"statuscode", answer.code},
               {"statusmsg", answer.message}, {"state", v1::TaskState_Name(answer.state)},
               {"data", answer.data},         {"time_ms", absl::ToDoubleMilliseconds(answer.latency)}};
  if (answer.error_kind != v1::ERROR_KIND_UNSPECIFIED) json["error_kind"] = ErrorKindText(answer.error_kind);
  return json;
}

Json StatsJson(const JobEnd& end) {
  std::vector<std::string> missing = end.silent;
  missing.insert(missing.end(), end.start.unknown.begin(), end.start.unknown.end());
  Json failures = Json::array();
  for (const FilterFailure& failure : end.filter_failures) {
    failures.push_back({{"sender", failure.identity}, {"reason", failure.reason}});
  }
  return {{"requestid", end.start.job_id},
          {"no_responses", missing},
          {"not_sent", end.not_sent},
          {"filter_failures", failures},
          {"unknown", end.start.unknown},
          {"offline", end.start.offline},
          {"offline_count", end.start.offline_count},
          {"unexpected_responses", Json::array()},
          {"discovered", end.asked()},
          {"failed", end.tally.failed},
          {"ok", end.tally.ok},
          {"responses", end.answered()},
          {"interrupted", end.interrupted},
          {"ended_early", end.ended_early},
          {"complete", end.error.ok() && !end.interrupted && !end.enough},
          {"request_time", absl::ToDoubleSeconds(end.agent_time)},
          {"discover_time", absl::ToDoubleSeconds(end.start.discovery)},
          {"total_time", absl::ToDoubleSeconds(end.total_time)},
          {"start_time_utc", absl::ToUnixSeconds(end.started)}};
}

}  // namespace orch::cli

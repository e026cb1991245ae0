#include "services/hub/jobs/invocation_record.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/digest.h"

namespace orch::hub {
namespace {

Json DeniedBy(const JobRequest& request) {
  std::map<std::pair<std::string, std::string>, std::vector<uint32_t>> groups;
  for (const DeniedTarget& denied : request.denied) groups[{denied.rule, denied.why}].push_back(denied.target);
  Json list = Json::array();
  for (const auto& [reason, targets] : groups) {
    Json nodes = Json::array();
    for (size_t i = 0; i < targets.size() && i < kMaxDeniedNamed; ++i) nodes.push_back(request.targets[targets[i]]);
    list.push_back({{"rule", reason.first}, {"why", reason.second}, {"count", targets.size()}, {"nodes", nodes}});
  }
  return list;
}

Json InputsOf(const JobRequest& request) {
  if (request.redacted_inputs.size() > kMaxRecordedInputBytes) {
    return absl::StrCat("sha256:", absl::BytesToHexString(Sha256(request.redacted_inputs)));
  }
  auto inputs = ParseJsonObject(request.redacted_inputs, "inputs");
  return inputs.ok() ? *std::move(inputs) : Json::object();
}

Json FilterOf(const v1::Target& target) {
  Json options = Json::array();
  size_t bytes = 0;
  for (const v1::FilterOption& option : target.filter().options()) {
    bytes += option.text().size();
    if (bytes > kMaxRecordedInputBytes) break;
    options.push_back(option.text());
  }
  return options;
}

}  // namespace

auth::AuditRecord DescribeInvocation(const JobRequest& request, const JobDecision& decision) {
  auth::AuditRecord record;
  record.event = "job.invoke";
  record.caller = request.caller;
  const bool all_denied = !request.targets.empty() && request.denied.size() == request.targets.size();
  record.decision = all_denied ? "denied" : "allowed";
  Json& details = record.details;
  details = Json{{"job", request.job_id},       {"plugin", request.spec.plugin()},   {"action", request.spec.action()},
                 {"inputs", InputsOf(request)}, {"targets", request.targets.size()}, {"rules", decision.rules}};
  if (!request.denied.empty()) details["denied"] = DeniedBy(request);
  if (request.targets.size() == 1) details["node"] = request.targets.front();
  if (request.spec.target().filter().options_size() > 0) details["filter"] = FilterOf(request.spec.target());
  if (!request.spec.target().collective().empty()) details["collective"] = request.spec.target().collective();
  if (!request.spec.reason().empty()) record.reason = request.spec.reason();
  if (!request.spec.ticket().empty()) details["ticket"] = request.spec.ticket();
  if (request.approvals_needed > 0) details["approvals_needed"] = request.approvals_needed;
  return record;
}

}  // namespace orch::hub

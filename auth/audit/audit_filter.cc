#include "auth/audit/audit_filter.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/audit/audit_line.h"
#include "base/foreign_text.h"
#include "base/json.h"

namespace orch::auth {
namespace {

bool IsOrHolds(const Json& value, const std::string& text) {
  if (value.is_string()) return value.get_ref<const std::string&>() == text;
  if (value.is_object()) return value.contains(text);
  return value.is_array() && std::any_of(value.begin(), value.end(), [&](const Json& item) { return item == text; });
}

bool Is(const Json& record, const char* member, const std::string& wanted) {
  if (wanted.empty()) return true;
  const auto found = record.find(member);
  return found != record.end() && *found == wanted;
}

bool ConcernsNode(const Json& record, const std::string& node) {
  for (const char* member : {"node", "nodes", "targets", "denied"}) {
    const auto found = record.find(member);
    if (found != record.end() && IsOrHolds(*found, node)) return true;
  }
  return false;
}

}  // namespace

AuditMatcher::AuditMatcher(const AuditFilter& filter)
    : filter_(filter),
      since_(filter.since == absl::InfinitePast() ? "" : AuditTimeText(filter.since)),
      until_(filter.until == absl::InfiniteFuture() ? "" : AuditTimeText(filter.until)),
      needs_json_(!filter.caller.empty() || !filter.event.empty() || !filter.decision.empty() || !filter.job.empty() ||
                  !filter.node.empty()) {}

bool AuditMatcher::MayMatch(absl::string_view line) const {
  for (const std::string* text : {&filter_.caller, &filter_.decision, &filter_.job, &filter_.node}) {
    if (!text->empty() && !absl::StrContains(line, PrintableJson(Json(*text)))) return false;
  }
  return filter_.event.empty() || absl::StrContains(line, filter_.event);
}

bool AuditMatcher::Matches(absl::string_view line) const {
  uint64_t seq = 0;
  absl::string_view time;
  if (!ReadAuditStart(line, &seq, &time)) return false;
  if ((!since_.empty() && time < since_) || (!until_.empty() && time >= until_)) return false;
  if (!needs_json_) return true;
  if (!MayMatch(line)) return false;
  const absl::StatusOr<Json> record = ParseJsonObject(line, "audit record");
  if (!record.ok()) return false;
  const auto event = record->find("event");
  if (event == record->end() || !event->is_string()) return false;
  const std::string& name = event->get_ref<const std::string&>();
  if (!filter_.event.empty() && name != filter_.event && !absl::StartsWith(name, absl::StrCat(filter_.event, "."))) {
    return false;
  }
  return Is(*record, "caller", filter_.caller) && Is(*record, "decision", filter_.decision) &&
         Is(*record, "job", filter_.job) && (filter_.node.empty() || ConcernsNode(*record, filter_.node));
}

}  // namespace orch::auth

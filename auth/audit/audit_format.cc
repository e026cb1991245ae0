#include "auth/audit/audit_format.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/foreign_text.h"

namespace orch::auth {
namespace {

constexpr int kFacilityLogAudit = 13;
constexpr int kSeverityWarning = 4;
constexpr int kSeverityInfo = 6;
constexpr size_t kMaxShownItems = 5;

std::string MemberText(const Json& record, const char* member) {
  const auto found = record.find(member);
  if (found == record.end()) return "";
  return found->is_string() ? found->get<std::string>() : DumpJson(*found);
}

std::string Or(const std::string& text, absl::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

absl::Time TimeOf(const Json& record) {
  absl::Time time = absl::UnixEpoch();
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, MemberText(record, "time"), &time, &ignored)) return absl::UnixEpoch();
  return time;
}

// A field of RFC 5424's header: printable ASCII without blanks, at most `max` characters.
std::string HeaderField(absl::string_view text, size_t max) {
  std::string field(text.substr(0, max));
  std::replace_if(
      field.begin(), field.end(), [](char c) { return !absl::ascii_isgraph(c); }, '_');
  return field.empty() ? "-" : field;
}

// A value for one line: a list shows its first items.
std::string Shown(const Json& value) {
  if (value.is_string()) return Printable(value.get_ref<const std::string&>());
  if (!value.is_array() || value.size() <= kMaxShownItems) return PrintableJson(value);
  Json first(value.begin(), value.begin() + kMaxShownItems);
  return absl::StrCat(PrintableJson(first), "+", value.size() - kMaxShownItems);
}

}  // namespace

std::string AuditAsMco(const Json& record) {
  const absl::Time time = TimeOf(record);
  const bool action = record.contains("plugin");
  const Json data = record.contains("inputs") ? record["inputs"] : Json::object();
  return absl::StrCat("[", absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone()),
                      "] reqid=", Printable(Or(MemberText(record, "job"), "-")),
                      ": reqtime=", absl::ToUnixSeconds(time),
                      " caller=", Printable(Or(MemberText(record, "caller"), "-")), "@",
                      Printable(Or(MemberText(record, "address"), "-")),
                      " agent=", Printable(action ? MemberText(record, "plugin") : "orch"),
                      " action=", Printable(action ? MemberText(record, "action") : MemberText(record, "event")),
                      " data=", PrintableJson(data));
}

std::string AuditAsSyslog(const Json& record, absl::string_view host) {
  const std::string decision = MemberText(record, "decision");
  const int severity = decision == "denied" || decision == "refused" ? kSeverityWarning : kSeverityInfo;
  return absl::StrCat("<", kFacilityLogAudit * 8 + severity, ">1 ", HeaderField(MemberText(record, "time"), 32), " ",
                      HeaderField(host, 255), " orch-audit - ", HeaderField(MemberText(record, "event"), 32), " - ",
                      PrintableJson(record));
}

std::string AuditAsText(const Json& record) {
  std::string what;
  for (const auto& member : record.items()) {
    const std::string& name = member.key();
    const bool shown = name == "seq" || name == "time" || name == "event" || name == "decision" || name == "caller" ||
                       name == "reason" || name == "prev" || name == "hash" || name == "plugin" || name == "action";
    if (!shown) absl::StrAppend(&what, " ", Printable(name), "=", Shown(member.value()));
  }
  std::string event = Printable(MemberText(record, "event"));
  if (record.contains("plugin")) {
    absl::StrAppend(&event, " ", Printable(MemberText(record, "plugin")), ".", Printable(MemberText(record, "action")));
  }
  const std::string reason = MemberText(record, "reason");
  return absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M:%S", TimeOf(record), absl::UTCTimeZone()), "  ",
                      absl::StrFormat("%-8s", Printable(MemberText(record, "decision"))), "  ",
                      absl::StrFormat("%-18s", Printable(Or(MemberText(record, "caller"), "-"))), "  ", event, what,
                      reason.empty() ? "" : absl::StrCat("  (", Printable(reason), ")"));
}

}  // namespace orch::auth

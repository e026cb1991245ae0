#include "auth/audit/audit_line.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/digest.h"
#include "base/foreign_text.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kSeqStart = "{\"seq\":";
constexpr absl::string_view kTimeStart = ",\"time\":\"";
constexpr absl::string_view kPrevStart = ",\"prev\":\"";
constexpr absl::string_view kHashStart = "\",\"hash\":\"";
constexpr absl::string_view kLineEnd = "\"}";
constexpr size_t kHex = 64;
constexpr size_t kHashTail = kHashStart.size() + kHex + kLineEnd.size();  // what the hash does not cover, but for "}
constexpr size_t kTimeBytes = sizeof("2026-01-31T12:00:00.000000Z") - 1;
constexpr size_t kMaxCutText = 1024;  // of each text in a shortened record
constexpr size_t kMaxCutMembers = 64;

// The text of the line without its member "hash", hashed after the hash of the line before.
std::string LineHash(absl::string_view prev, absl::string_view until_hash) {
  std::string bytes;
  bytes.reserve(prev.size() + until_hash.size() + kLineEnd.size());
  absl::StrAppend(&bytes, prev, until_hash, kLineEnd);
  return Sha256(bytes);
}

bool IsReserved(absl::string_view name) {
  for (const absl::string_view reserved : {"seq", "time", "event", "decision", "caller", "reason", "prev", "hash"}) {
    if (name == reserved) return true;
  }
  return false;
}

void AppendDetails(const Json& details, std::string* out) {
  if (details.is_null()) return;
  if (!details.is_object()) {
    absl::StrAppend(out, ",\"details\":", PrintableJson(details));
    return;
  }
  for (const auto& member : details.items()) {
    const std::string name = IsReserved(member.key()) ? absl::StrCat(member.key(), "_") : member.key();
    absl::StrAppend(out, ",", PrintableJson(Json(name)), ":", PrintableJson(member.value()));
  }
}

// The same details in little space: "targets" becomes "targets_count".
Json Shorten(const Json& details) {
  Json shortened = {{"shortened", true}};
  if (!details.is_object()) return shortened;
  size_t members = 0;
  for (const auto& member : details.items()) {
    if (++members > kMaxCutMembers) break;
    const std::string name = member.key().substr(0, kMaxCutText);
    if (member.value().is_structured()) {
      shortened[name + "_count"] = member.value().size();
    } else if (member.value().is_string()) {
      shortened[name] = member.value().get_ref<const std::string&>().substr(0, kMaxCutText);
    } else {
      shortened[name] = member.value();
    }
  }
  return shortened;
}

std::string Body(const AuditRecord& record, absl::string_view time, uint64_t seq, size_t max_text) {
  std::string body = absl::StrCat(kSeqStart, seq, kTimeStart, time, "\"");
  const auto add = [&](absl::string_view name, const std::string& text) {
    absl::StrAppend(&body, ",\"", name, "\":", PrintableJson(Json(text.substr(0, max_text))));
  };
  add("event", record.event);
  add("decision", record.decision);
  add("caller", record.caller);
  if (!record.reason.empty()) add("reason", record.reason);
  return body;
}

absl::Status NotARecord(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the line is no record of an audit log: ", why));
}

bool FromHex(absl::string_view hex, std::string* bytes) {
  // Only lower case, so that one hash has one text.
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (hex.size() != kHex || !std::all_of(hex.begin(), hex.end(), is_digit)) return false;
  *bytes = absl::HexStringToBytes(hex);
  return true;
}

}  // namespace

std::string AuditTimeText(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

std::string AuditHeadText(const AuditHead& head) {
  return absl::StrCat(head.seq, ":", absl::BytesToHexString(head.hash));
}

absl::StatusOr<AuditHead> ParseAuditHead(absl::string_view text) {
  AuditHead head;
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(text.substr(0, colon), &head.seq) ||
      !FromHex(text.substr(colon + 1), &head.hash) || AuditHeadText(head) != text) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", Printable(text.substr(0, 100)), "' is no head of an audit log; a head is SEQ:HASH with 64 hex digits"));
  }
  return head;
}

std::string ComposeAuditLine(const AuditRecord& record, absl::Time time, AuditHead* head) {
  const std::string when = AuditTimeText(time);
  std::string line = Body(record, when, head->seq + 1, kMaxAuditLineBytes);
  AppendDetails(record.details, &line);
  if (line.size() + kPrevStart.size() + kHex + kHashTail > kMaxAuditLineBytes) {
    line = Body(record, when, head->seq + 1, kMaxCutText);
    AppendDetails(Shorten(record.details), &line);
  }
  absl::StrAppend(&line, kPrevStart, absl::BytesToHexString(head->hash));
  head->hash = LineHash(head->hash, line);
  ++head->seq;
  absl::StrAppend(&line, kHashStart, absl::BytesToHexString(head->hash), kLineEnd);
  return line;
}

bool ReadAuditStart(absl::string_view line, uint64_t* seq, absl::string_view* time) {
  if (!absl::ConsumePrefix(&line, kSeqStart)) return false;
  const size_t digits = std::min(line.find(','), line.size());
  if (!absl::SimpleAtoi(line.substr(0, digits), seq) || *seq == 0 || absl::StrCat(*seq) != line.substr(0, digits)) {
    return false;
  }
  line.remove_prefix(digits);
  if (!absl::ConsumePrefix(&line, kTimeStart) || line.size() < kTimeBytes || line[kTimeBytes - 1] != 'Z') return false;
  *time = line.substr(0, kTimeBytes);
  return true;
}

absl::StatusOr<AuditLink> ReadAuditLink(absl::string_view line) {
  AuditLink link;
  if (!ReadAuditStart(line, &link.seq, &link.time)) return NotARecord("it does not begin with number and time");
  const absl::string_view rest = line.substr(link.time.end() - line.begin());
  if (rest.size() < kPrevStart.size() + kHex + kHashTail) return NotARecord("it has no hashes");
  absl::string_view tail = rest.substr(rest.size() - kHashTail - kHex - kPrevStart.size());
  if (!absl::ConsumePrefix(&tail, kPrevStart) || !FromHex(tail.substr(0, kHex), &link.prev)) {
    return NotARecord("the hash of the line before cannot be read");
  }
  tail.remove_prefix(kHex);
  if (!absl::ConsumePrefix(&tail, kHashStart) || !FromHex(tail.substr(0, kHex), &link.hash) ||
      tail.substr(kHex) != kLineEnd) {
    return NotARecord("its hash cannot be read");
  }
  link.fits = ConstantTimeEquals(LineHash(link.prev, line.substr(0, line.size() - kHashTail)), link.hash);
  return link;
}

}  // namespace orch::auth

#include "services/hub/jobs/check_spec.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "base/text_file.h"

namespace orch::hub {
namespace {

absl::Status Wrong(absl::string_view message) { return absl::InvalidArgumentError(message); }

// A count and a percentage of one thing.
absl::Status CheckAmount(absl::string_view count_field, uint32_t count, absl::string_view percent_field,
                         uint32_t percent) {
  if (percent > 100) return Wrong(absl::StrCat("spec.", percent_field, " must be 0 to 100"));
  if (count == 0 || percent == 0) return absl::OkStatus();
  return Wrong(absl::StrCat("spec.", count_field, " and spec.", percent_field, " are both set; give one of them"));
}

absl::Status CheckTime(absl::string_view field, int64_t ms, absl::Duration limit) {
  if (ms >= 0 && ms <= absl::ToInt64Milliseconds(limit)) return absl::OkStatus();
  return Wrong(absl::StrCat("spec.", field, " must be 0 to ", absl::ToInt64Milliseconds(limit), " (",
                            absl::FormatDuration(limit), ")"));
}

absl::Status CheckName(absl::string_view field, const std::string& name) {
  if (name.size() > kMaxLockNameBytes) {
    return Wrong(
        absl::StrCat("spec.", field, " has ", name.size(), " bytes; at most ", kMaxLockNameBytes, " are taken"));
  }
  for (const char c : name) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return Wrong(absl::StrCat("spec.", field, " may hold printable ASCII without spaces only"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAmounts(const v1::JobSpec& spec) {
  ORCH_RETURN_IF_ERROR(CheckAmount("batch_size", spec.batch_size(), "batch_percent", spec.batch_percent()));
  ORCH_RETURN_IF_ERROR(
      CheckAmount("concurrency", spec.concurrency(), "concurrency_percent", spec.concurrency_percent()));
  return CheckAmount("max_failures", spec.max_failures(), "max_failures_percent", spec.max_failures_percent());
}

absl::Status CheckTimes(const v1::JobSpec& spec) {
  ORCH_RETURN_IF_ERROR(CheckTime("timeout_ms", spec.timeout_ms(), kMaxTaskTimeout));
  ORCH_RETURN_IF_ERROR(CheckTime("batch_sleep_ms", spec.batch_sleep_ms(), kMaxPause));
  ORCH_RETURN_IF_ERROR(CheckTime("retry_sleep_ms", spec.retry_sleep_ms(), kMaxPause));
  ORCH_RETURN_IF_ERROR(CheckTime("splay_ms", spec.splay_ms(), kMaxPause));
  return CheckTime("ttl_ms", spec.ttl_ms(), kMaxTtl);
}

absl::Status CheckCombinations(const v1::JobSpec& spec) {
  const bool batches = spec.batch_size() > 0 || spec.batch_percent() > 0;
  if (batches && (spec.concurrency() > 0 || spec.concurrency_percent() > 0)) {
    return Wrong(
        "batches (spec.batch_size, spec.batch_percent) and a window (spec.concurrency, "
        "spec.concurrency_percent) exclude each other; give one of them");
  }
  if (spec.canary_continue() && spec.canary() == 0) {
    return Wrong("spec.canary_continue is set but spec.canary is not; set how many nodes go first");
  }
  if (spec.group_by().empty() && (spec.group_concurrency() > 0 || spec.groups_at_once() > 0)) {
    return Wrong("spec.group_concurrency and spec.groups_at_once need spec.group_by, the fact that makes the groups");
  }
  if (!spec.group_by().empty() && spec.group_concurrency() == 0 && spec.groups_at_once() == 0) {
    return Wrong("spec.group_by limits nothing by itself; set spec.group_concurrency or spec.groups_at_once too");
  }
  if (spec.retry_sleep_ms() > 0 && spec.retries() == 0) {
    return Wrong("spec.retry_sleep_ms is set but spec.retries is not; set how often a task is repeated");
  }
  if (spec.queue_offline() != (spec.ttl_ms() > 0)) {
    return Wrong(
        "spec.queue_offline and spec.ttl_ms belong together: whether the command waits for nodes that are "
        "away, and for how long; set both or neither");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSpec(const v1::JobSpec& spec) {
  if (spec.plugin().empty() || spec.action().empty()) return Wrong("spec.plugin and spec.action must both be set");
  ORCH_RETURN_IF_ERROR(CheckTimes(spec));
  ORCH_RETURN_IF_ERROR(CheckAmounts(spec));
  if (spec.retries() > kMaxRetries) return Wrong(absl::StrCat("spec.retries must be 0 to ", kMaxRetries));
  ORCH_RETURN_IF_ERROR(CheckName("lock", spec.lock()));
  ORCH_RETURN_IF_ERROR(CheckName("idempotency_key", spec.idempotency_key()));
  ORCH_RETURN_IF_ERROR(CheckName("ticket", spec.ticket()));
  if (spec.reason().size() > kMaxReasonBytes || !IsUtf8(spec.reason())) {
    return Wrong(absl::StrCat("spec.reason must be at most ", kMaxReasonBytes, " bytes of UTF-8"));
  }
  return CheckCombinations(spec);
}

}  // namespace orch::hub

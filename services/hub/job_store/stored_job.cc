#include "services/hub/job_store/stored_job.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/enum_text.h"
#include "services/hub/job_store/task.h"

namespace orch::hub {

constexpr absl::string_view kStopReasonPrefix = "STOP_REASON_";

bool Fits(const JobFilter& filter, const StoredJob& job) {
  if (!filter.caller.empty() && filter.caller != job.caller) return false;
  if (!filter.plugin.empty() && filter.plugin != job.spec.plugin()) return false;
  if (!filter.action.empty() && filter.action != job.spec.action()) return false;
  if (filter.state != v1::JOB_STATE_UNSPECIFIED && filter.state != job.state()) return false;
  if (filter.created_after_us != 0 && job.created_us < filter.created_after_us) return false;
  return filter.created_before_us == 0 || job.created_us < filter.created_before_us;
}

size_t BytesInPage(const StoredJob& job) { return job.spec.ByteSizeLong() + job.caller.size() + 256; }

void CountOutcome(v1::TaskState state, StoredJob* job) {
  switch (OutcomeOf(state)) {
    case Outcome::kOk:
      ++job->ok;
      break;
    case Outcome::kFailed:
      ++job->failed;
      break;
    case Outcome::kMissing:
      ++job->missing;
      break;
  }
}

absl::Status NoSuchJob(absl::string_view job_id) {
  return absl::NotFoundError(absl::StrCat(
      "job ", job_id,
      " is not known; a job is kept for a limited time, and one that only reads not at all without --record"));
}

absl::Status JobIsFinished(absl::string_view job_id) {
  return absl::FailedPreconditionError(absl::StrCat("job ", job_id, " is finished"));
}

absl::Status JobHasOutcome(absl::string_view job_id, absl::string_view identity) {
  return absl::AlreadyExistsError(absl::StrCat("job ", job_id, " has an outcome of ", identity));
}

absl::Status JobHasNoTask(absl::string_view job_id, uint32_t task) {
  return absl::OutOfRangeError(absl::StrCat("job ", job_id, " has no task ", task));
}

absl::Status SeveralJobs(absl::string_view prefix) {
  return absl::InvalidArgumentError(absl::StrCat("several jobs begin with ", prefix, "; give more digits"));
}

absl::Status CheckJobIdPrefix(absl::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() >= kMinJobIdPrefix && text.size() <= kJobIdDigits &&
      std::all_of(text.begin(), text.end(), is_digit)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("job_id must be the first ", kMinJobIdPrefix, " to ", kJobIdDigits,
                                                 " digits (0-9 a-f) of a job's id"));
}

v1::Job ShowJob(const StoredJob& stored, bool durable) {
  v1::Job job;
  job.set_job_id(stored.job_id);
  job.set_caller(stored.caller);
  *job.mutable_spec() = stored.spec;
  job.set_state(stored.state());
  job.set_created_us(stored.created_us);
  job.set_targets(stored.targets);
  job.set_ok(stored.ok);
  job.set_failed(stored.failed);
  job.set_missing(stored.missing);
  if (stored.summary) *job.mutable_summary() = *stored.summary;
  job.set_paused_because(stored.rollout.paused_because);
  job.set_durable(durable);
  return job;
}

std::string StopReasonText(v1::StopReason reason) {
  if (reason == v1::STOP_REASON_UNSPECIFIED) return "";
  return EnumText(v1::StopReason_Name(reason), kStopReasonPrefix);
}

v1::StopReason StopReasonNamed(absl::string_view text) {
  v1::StopReason reason = v1::STOP_REASON_UNSPECIFIED;
  return v1::StopReason_Parse(EnumName(text, kStopReasonPrefix), &reason) ? reason : v1::STOP_REASON_UNSPECIFIED;
}

}  // namespace orch::hub

#include "cli/jobs/job_follow.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/jobs/reconnector.h"
#include "cli/terminal/exit_codes.h"

namespace orch::cli {
namespace {

bool IsBroken(const StreamEnd& end) {
  return !end.interrupted && !end.enough && (end.status.ok() || ExitCodeOf(end.status) == kExitNoHub);
}

// Whether the hub ended the stream because this client reads too slowly. The job continues.
bool WasTooSlow(const JobRun& run, const StreamEnd& end) {
  return run.accepted() && !run.ended() && !end.interrupted && !end.enough && absl::IsResourceExhausted(end.status);
}

// The error for a job without a cursor, which the hub does not store. A stored job is read on from its cursor instead.
absl::Status TooSlow() {
  return WithExitCode(
      absl::ResourceExhaustedError("the output of this orchctl was read too slowly, so the hub stopped sending. Such a "
                                   "job is not kept, so the rest cannot be had any more; write the output to a file "
                                   "(-o FILE), or give --record, which keeps the job"),
      kExitTooSlow);
}

bool CanFollowAgain(const Context& context, const JobRun& run, const StreamEnd& end, bool watching) {
  if (run.ended() || !IsBroken(end) || context.options().reconnect == absl::ZeroDuration()) return false;
  if (watching) return true;
  if (run.accepted()) return run.durable();
  return !end.status.ok() && !run.spec().idempotency_key().empty();
}

StreamEnd OpenStream(Context* context, JobRun* run, const v1::JobSpec* spec) {
  StreamEnd end;
  const absl::StatusOr<HubClient*> hub = context->Hub();
  if (!hub.ok()) {
    end.status = hub.status();
    return end;
  }
  const auto on_message = [run](const v1::InvokeResponse& message, const HubClient::SetDeadline& set_deadline) {
    return run->OnMessage(message, set_deadline);
  };
  if (spec != nullptr && !run->accepted()) {
    v1::InvokeRequest request;
    *request.mutable_spec() = *spec;
    return (*hub)->Invoke(request, on_message);
  }
  v1::WatchJobRequest request;
  request.set_job_id(run->job_id());
  request.set_cursor(run->cursor());
  return (*hub)->WatchJob(request, on_message);
}

}  // namespace

StreamEnd FollowJob(Context* context, JobRun* run, const v1::JobSpec* spec) {
  Reconnector reconnector(context);
  size_t seen = 0;
  while (true) {
    StreamEnd end = OpenStream(context, run, spec);
    if (WasTooSlow(*run, end)) {
      if (run->cursor().empty()) {
        end.status = TooSlow();
        return end;
      }
      if (run->messages() > std::exchange(seen, run->messages())) continue;
      end.status = WithExitCode(end.status, kExitNoHub);  // no message came at all, as if the hub could not be reached
    }
    if (!CanFollowAgain(*context, *run, end, spec == nullptr)) return end;
    if (run->messages() > seen) reconnector.Reset();
    seen = run->messages();
    if (!reconnector.Retry(run->job_id().empty() ? "the request" : absl::StrCat("job ", run->job_id()), &end))
      return end;
  }
}

}  // namespace orch::cli

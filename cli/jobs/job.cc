#include "cli/jobs/job.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_follow.h"
#include "cli/jobs/job_run.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/interrupt.h"

namespace orch::cli {
namespace {

constexpr absl::Duration kCancelGrace = absl::Seconds(3);  // time for a second Ctrl-C

// After the first Ctrl-C the job continues on the hub. A second one cancels the job.
void OfferCancel(Context* context, const std::string& job_id) {
  Environment& env = context->env();
  if (env.interrupt == nullptr) return;
  if (env.err_is_terminal && env.interrupt->count() < 2) {
    context->Note(absl::StrCat("orchctl: Ctrl-C again within ", absl::FormatDuration(kCancelGrace), " cancels it\n"));
    env.out->Flush();
    env.err->Flush();
    env.interrupt->WaitBeyond(1, kCancelGrace, *env.clock);
  }
  if (env.interrupt->count() < 2) return;
  v1::ControlJobRequest request;
  request.set_job_id(job_id);
  request.set_verb(v1::ControlJobRequest::CANCEL);
  request.set_reason("Ctrl-C");
  absl::Status status;
  const absl::StatusOr<HubClient*> hub = context->Hub();
  status = hub.ok() ? (*hub)->ControlJob(request).status() : hub.status();
  context->Note(status.ok() ? absl::StrCat("orchctl: job ", job_id, " is cancelled: what runs is told to end\n")
                            : absl::StrCat("orchctl: job ", job_id,
                                           " could not be cancelled: ", Printable(status.message()), "\n"));
}

absl::StatusOr<int> EndJob(Context* context, const JobEnd& end, JobView* view) {
  if (!end.accepted && !end.interrupted) {
    return end.error.ok() ? absl::InternalError("the hub ended the job before it began") : end.error;
  }
  const bool human = context->options().format == Format::kHuman;
  if (end.accepted || !human) view->OnEnd(end);
  if (!end.accepted && human) context->Note(CutShortText(end));
  if (context->options().verbose) context->Note(FilterFailuresText(end));
  if (end.interrupted) {
    if (end.start.durable) OfferCancel(context, end.start.job_id);
    return kExitInterrupted;
  }
  if (end.enough) return kExitOk;
  if (!end.error.ok()) return ExitCodeOf(end.error);
  return ExitCodeOf(end.tally, context->options().allow_missing);
}

}  // namespace

absl::StatusOr<int> RunJob(Context* context, const v1::JobSpec& spec, bool named, JobView* view) {
  ORCH_RETURN_IF_ERROR(context->Hub().status());
  JobRun run(context, spec, named, view);
  return EndJob(context, run.Finish(FollowJob(context, &run, &spec)), view);
}

absl::StatusOr<int> WatchJob(Context* context, const std::string& job_id, const v1::JobSpec& spec, JobView* view) {
  ORCH_RETURN_IF_ERROR(context->Hub().status());
  JobRun run(context, spec, spec.target().has_identities(), view);
  run.set_job_id(job_id);
  return EndJob(context, run.Finish(FollowJob(context, &run, nullptr)), view);
}

}  // namespace orch::cli

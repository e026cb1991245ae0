#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/jobs/job_follow.h"
#include "cli/jobs/job_run.h"
#include "cli/jobs/job_text.h"
#include "cli/jobs/job_view.h"
#include "cli/terminal/interrupt.h"

namespace orch::cli {
namespace {

constexpr absl::Duration kCancelGrace = absl::Seconds(3);  // for a second Ctrl-C

// After the first Ctrl-C nothing was lost: the job goes on. A second one is meant for the job.
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

bool Answer::missing() const {
  return state == v1::TIMED_OUT || state == v1::OFFLINE || state == v1::EXPIRED || state == v1::INDETERMINATE;
}

void JobEnd::Count(const Answer& answer) {
  if (answer.not_sent) {
    not_sent.push_back(answer.identity);
    tally.not_sent = not_sent.size();
  } else if (answer.missing()) {
    silent.push_back(answer.identity);
  } else {
    ++(answer.ok() ? tally.ok : tally.failed);
  }
}

Answer ToAnswer(const v1::Reply& reply) {
  Answer answer;
  answer.identity = reply.identity();
  answer.state = reply.state();
  answer.code = reply.status_code();
  answer.message = reply.status_message();
  answer.error_kind = reply.error_kind();
  answer.latency = absl::Microseconds(reply.latency_us());
  answer.run = absl::Microseconds(reply.run_us());
  answer.not_sent = reply.state() == v1::CANCELLED && reply.attempt() == 0;
  absl::StatusOr<Json> data = ParseJsonObject(reply.data_json(), absl::StrCat("reply of ", reply.identity()));
  if (data.ok()) {
    answer.data = *std::move(data);
  } else {
    answer.state = v1::FAILED;
    answer.code = 5;
    answer.error_kind = "protocol";
    answer.message = std::string(data.status().message());
  }
  return answer;
}

void AddToSummaries(const Answer& answer, ddl::Aggregator* aggregator) {
  if (answer.ok()) return aggregator->Add(answer.data);
  if (answer.state == v1::FAILED && answer.code == 1) aggregator->AddFailed(answer.data);
}

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

void AdoptSpec(const v1::JobSpec& spec, CommonOptions* options) {
  if (spec.timeout_ms() > 0) options->timeout = absl::Milliseconds(spec.timeout_ms());
  if (!options->batch.set() && !options->concurrency.set()) {
    options->batch = {spec.batch_size(), spec.batch_percent()};
    options->concurrency = {spec.concurrency(), spec.concurrency_percent()};
    if (options->batch.set()) options->batch_sleep = absl::Milliseconds(spec.batch_sleep_ms());
  }
  if (!options->max_failures.set()) options->max_failures = {spec.max_failures(), spec.max_failures_percent()};
  AdoptRollout(spec, &options->rollout);
}

v1::JobSpec MakeSpec(const CommonOptions& options, const Targets& targets, const std::string& plugin,
                     const std::string& action) {
  v1::JobSpec spec;
  spec.set_plugin(plugin);
  spec.set_action(action);
  *spec.mutable_target() = targets.wire;
  spec.set_timeout_ms(absl::ToInt64Milliseconds(options.timeout));
  spec.set_batch_size(options.batch.count);
  spec.set_batch_percent(options.batch.percent);
  spec.set_concurrency(options.concurrency.count);
  spec.set_concurrency_percent(options.concurrency.percent);
  spec.set_max_failures(options.max_failures.count);
  spec.set_max_failures_percent(options.max_failures.percent);
  if (options.batch.set()) spec.set_batch_sleep_ms(absl::ToInt64Milliseconds(options.batch_sleep));
  FillRollout(options.rollout, &spec);
  return spec;
}

}  // namespace orch::cli

#include "cli/job.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/job_text.h"

namespace orch::cli {
namespace {

constexpr absl::Duration kTaskGrace = absl::Seconds(30);  // beyond the hub's own deadline of all tasks

// Longest time the hub can need: that of so many rounds as batches or the window make of the targets.
absl::Duration LongestRun(const v1::JobSpec& spec, const v1::JobAccepted& accepted) {
  const int64_t targets = std::max<int64_t>(accepted.targets(), 1);
  const auto amount = [targets](uint32_t count, uint32_t percent) -> int64_t {
    return percent > 0 ? (targets * percent + 99) / 100 : count;
  };
  int64_t at_once = targets;
  if (const int64_t batch = amount(spec.batch_size(), spec.batch_percent()); batch > 0) at_once = batch;
  if (const int64_t window = amount(spec.concurrency(), spec.concurrency_percent()); window > 0) at_once = window;
  const int64_t rounds = (targets + at_once - 1) / at_once;
  return rounds * absl::Milliseconds(accepted.timeout_ms() + spec.batch_sleep_ms()) + kTaskGrace;
}

// Collects what the stream brings.
class Run {
 public:
  Run(Context* context, const v1::JobSpec& spec, bool named, JobView* view)
      : clock_(*context->env().clock), spec_(spec), view_(view), sent_(clock_.Steady()) {
    end_.started = clock_.Now();
    end_.tally.named = named;
  }

  bool OnMessage(const v1::InvokeResponse& message, const HubClient::SetDeadline& set_deadline) {
    if (message.has_accepted()) Accept(message.accepted(), set_deadline);
    end_.start.targets -= std::min<size_t>(end_.start.targets, message.no_longer_targets());
    for (const v1::FilterFailure& failure : message.filter_failures()) {
      if (end_.filter_failures.size() >= kMaxFilterFailures) break;
      end_.filter_failures.push_back({failure.identity(), failure.reason()});
    }
    for (const v1::TaskProgress& progress : message.progress()) view_->OnTask(progress);
    bool more = true;
    for (const v1::Reply& reply : message.replies()) more = Count(ToAnswer(reply)) && more;
    if (end_.accepted) view_->OnProgress(end_.answered() + end_.silent.size(), end_.start.targets);
    return more;
  }

  const JobEnd& Finish(StreamEnd stream) {
    const absl::Duration now = clock_.Steady();
    end_.total_time = now - sent_;
    end_.agent_time = end_.accepted ? now - accepted_at_ : absl::ZeroDuration();
    end_.interrupted = stream.interrupted;
    end_.enough = stream.enough;
    end_.error = std::move(stream.status);
    end_.tally.targets = end_.asked();
    end_.tally.missing = end_.silent.size() + end_.start.unknown.size();
    std::sort(end_.silent.begin(), end_.silent.end());
    std::sort(end_.filter_failures.begin(), end_.filter_failures.end(),
              [](const FilterFailure& a, const FilterFailure& b) { return a.identity < b.identity; });
    return end_;
  }

 private:
  void Accept(const v1::JobAccepted& accepted, const HubClient::SetDeadline& set_deadline) {
    end_.accepted = true;
    accepted_at_ = clock_.Steady();
    end_.start.job_id = accepted.job_id();
    end_.start.targets = accepted.targets();
    end_.start.discovery = absl::Microseconds(accepted.discovery_us());
    end_.start.unknown.assign(accepted.unknown_identities().begin(), accepted.unknown_identities().end());
    set_deadline(LongestRun(spec_, accepted));
    view_->OnStart(end_.start);
  }

  bool Count(const Answer& answer) {
    if (answer.missing()) {
      end_.silent.push_back(answer.identity);
    } else {
      ++(answer.ok() ? end_.tally.ok : end_.tally.failed);
    }
    return view_->OnAnswer(answer);
  }

  const Clock& clock_;
  const v1::JobSpec& spec_;
  JobView* const view_;
  const absl::Duration sent_;
  absl::Duration accepted_at_;
  JobEnd end_;
};

}  // namespace

bool Answer::missing() const {
  return state == v1::TIMED_OUT || state == v1::OFFLINE || state == v1::EXPIRED || state == v1::INDETERMINATE;
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

absl::StatusOr<int> RunJob(Context* context, const v1::JobSpec& spec, bool named, JobView* view) {
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  v1::InvokeRequest request;
  *request.mutable_spec() = spec;
  Run run(context, spec, named, view);
  StreamEnd stream = hub->Invoke(
      request, [&run](const v1::InvokeResponse& message, const HubClient::SetDeadline& set_deadline) {
        return run.OnMessage(message, set_deadline);
      });
  const JobEnd& end = run.Finish(std::move(stream));
  if (!end.accepted && !end.interrupted) {
    return end.error.ok() ? absl::InternalError("the hub ended the job before it began") : end.error;
  }
  view->OnEnd(end);
  if (context->options().verbose) context->Note(FilterFailuresText(end));
  if (end.interrupted) return kExitInterrupted;
  if (end.enough) return kExitOk;
  if (!end.error.ok()) return ExitCodeOf(end.error);
  return ExitCodeOf(end.tally, context->options().allow_missing);
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
  return spec;
}

}  // namespace orch::cli

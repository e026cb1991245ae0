#include "cli/jobs/job_run.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/away_text.h"
#include "cli/jobs/canary_question.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/interrupt.h"

namespace orch::cli {
namespace {

constexpr absl::Duration kTaskGrace = absl::Seconds(30);  // after the hub's own deadline for all tasks

// Returns the number of rounds in which batches or the window serve all targets.
int64_t Rounds(const v1::JobSpec& spec, int64_t targets) {
  const auto amount = [targets](uint32_t count, uint32_t percent) -> int64_t {
    return percent > 0 ? (targets * percent + 99) / 100 : count;
  };
  int64_t at_once = targets;
  if (const int64_t batch = amount(spec.batch_size(), spec.batch_percent()); batch > 0) at_once = batch;
  if (const int64_t window = amount(spec.concurrency(), spec.concurrency_percent()); window > 0) at_once = window;
  return (targets + at_once - 1) / at_once;
}

}  // namespace

JobRun::JobRun(Context* context, const v1::JobSpec& spec, bool named, JobView* view)
    : context_(context),
      clock_(*context->env().clock),
      spec_(spec),
      view_(view),
      sent_(clock_.Steady()),
      live_(context) {
  end_.started = clock_.Now();
  end_.tally.named = named;
}

absl::Duration JobRun::Longest() const {
  if (paused_) return absl::InfiniteDuration();
  const int64_t targets = std::max<int64_t>(static_cast<int64_t>(end_.start.targets), 1);
  return Rounds(spec_, targets) * (task_ + absl::Milliseconds(spec_.batch_sleep_ms())) +
         LongestRollout(spec_, static_cast<uint32_t>(targets), task_) + kTaskGrace;
}

bool JobRun::OnMessage(const v1::InvokeResponse& message, const HubClient::SetDeadline& set_deadline) {
  ++messages_;
  if (message.has_accepted()) Accept(message.accepted());
  end_.start.targets -= std::min<size_t>(end_.start.targets, message.no_longer_targets());
  if (message.state() != v1::JOB_STATE_UNSPECIFIED || !message.note().empty()) SetState(message);
  if (message.has_accepted() || message.state() != v1::JOB_STATE_UNSPECIFIED) set_deadline(Longest());
  for (const v1::FilterFailure& failure : message.filter_failures()) {
    if (end_.filter_failures.size() >= kMaxFilterFailures) break;
    end_.filter_failures.push_back({failure.identity(), failure.reason()});
  }
  for (const v1::OutputChunk& chunk : message.output()) live_.Add(chunk);
  const bool more = CountAll(message);
  if (!message.cursor().empty()) cursor_ = message.cursor();
  if (message.has_summary()) {
    ended_ = true;
    end_.ended_early = StopReasonText(message.summary().stop_reason());
    elapsed_ = absl::Microseconds(message.summary().elapsed_us());
  }
  if (end_.accepted) view_->OnProgress(end_.settled(), end_.start.targets);
  if (AfterCanary(message) && more) {
    AskWhetherToContinue(context_, job_id(), end_.settled(), end_.start.targets);
  }
  return more && !(end_.accepted && context_->options().rollout.async);
}

// A stream that follows the job again repeats the acceptance; only the first one counts.
void JobRun::Accept(const v1::JobAccepted& accepted) {
  task_ = absl::Milliseconds(accepted.timeout_ms());
  if (end_.accepted) return;
  end_.accepted = true;
  accepted_at_ = clock_.Steady();
  end_.start.job_id = Printable(accepted.job_id());
  end_.start.targets = accepted.targets();
  end_.start.durable = accepted.durable();
  end_.start.discovery = absl::Microseconds(accepted.discovery_us());
  end_.start.unknown.assign(accepted.unknown_identities().begin(), accepted.unknown_identities().end());
  SetOffline(accepted);
  if (end_.start.durable && context_->env().interrupt != nullptr) context_->env().interrupt->set_tolerated(2);
  context_->JobAccepted(end_.start.job_id);
  view_->OnStart(end_.start);
  if (accepted.followed())
    context_->Note(absl::StrCat("orchctl: this key's job is there already; following job ", job_id(), "\n"));
  if (!watching_ && !context_->options().quiet) {
    for (const std::string& condition : accepted.conditions()) {
      context_->Note(absl::StrCat("orchctl: by the hub's rules: ", Printable(condition), "\n"));
    }
  }
  if (accepted.queued_identities_size() > 0) {
    context_->Note(
        absl::StrCat("orchctl: ", accepted.queued_identities_size(), " nodes are away; the command waits for them\n"));
  }
}

bool JobRun::AfterCanary(const v1::InvokeResponse& message) const {
  return message.state() == v1::JOB_PAUSED && absl::StrContains(message.note(), "canary") && context_->CanAsk() &&
         !context_->options().rollout.async;
}

// Prints its notes before the view starts, so that they do not break up the bar. For a job that existed before it
// prints none, because they are no news.
void JobRun::SetOffline(const v1::JobAccepted& accepted) {
  const v1::AwayNodes& away = accepted.away();
  JobStart& start = end_.start;
  start.offline.assign(accepted.offline_identities().begin(), accepted.offline_identities().end());
  start.offline.insert(start.offline.end(), away.identities().begin(), away.identities().end());
  std::sort(start.offline.begin(), start.offline.end());
  start.offline_count = static_cast<size_t>(accepted.offline_identities_size()) + away.count();
  if (watching_) return;
  context_->Note(AwayText(away));
  for (const v1::Suggestion& suggestion : accepted.suggestions()) {
    context_->Note(UnknownText(suggestion.name(), accepted.suggestions()));
  }
}

void JobRun::SetState(const v1::InvokeResponse& message) {
  if (message.state() != v1::JOB_STATE_UNSPECIFIED)
    paused_ = message.state() == v1::JOB_PAUSED || message.state() == v1::JOB_PENDING_APPROVAL;
  if (context_->options().quiet || AfterCanary(message)) return;
  const std::string text(absl::StripPrefix(message.note(), "paused: "));
  const std::string note = text.empty() ? "" : absl::StrCat(": ", Printable(text));
  if (message.state() == v1::JOB_PAUSED) {
    context_->Note(absl::StrCat("\norchctl: job ", job_id(), " is paused", note, "; 'orchctl job resume ", job_id(),
                                "' lets it go on\n"));
  } else if (message.state() == v1::JOB_PENDING_APPROVAL) {
    context_->Note(absl::StrCat("orchctl: job ", job_id(), " waits for the approval of others (orchctl approval grant ",
                                job_id().substr(0, 8), "); Ctrl-C leaves it waiting\n"));
  } else if (!note.empty()) {
    context_->Note(absl::StrCat("\norchctl: job ", job_id(), note, "\n"));
  }
  context_->env().err->Flush();
}

bool JobRun::CountAll(const v1::InvokeResponse& message) {
  std::map<std::string, int> last;  // index of the last progress of each task
  for (int i = 0; i < message.progress_size(); ++i) last[message.progress(i).identity()] = i;
  std::map<int, const v1::Reply*> after;
  bool more = true;
  for (const v1::Reply& reply : message.replies()) {
    const auto found = last.find(reply.identity());
    if (found == last.end()) {
      more = Count(reply) && more;
    } else {
      after[found->second] = &reply;
    }
  }
  for (int i = 0; i < message.progress_size(); ++i) {
    view_->OnTask(message.progress(i));
    const auto reply = after.find(i);
    if (reply != after.end()) more = Count(*reply->second) && more;
  }
  return more;
}

bool JobRun::Count(const v1::Reply& reply) {
  if (!settled_.insert(reply.identity()).second) return true;
  live_.End(reply);
  const Answer answer = ToAnswer(reply);
  end_.Count(answer);
  return view_->OnAnswer(answer);
}

const JobEnd& JobRun::Finish(StreamEnd stream) {
  const absl::Duration now = clock_.Steady();
  end_.total_time = now - sent_;
  end_.agent_time = end_.accepted ? now - accepted_at_ : absl::ZeroDuration();
  if (watching_ && ended_) end_.total_time = end_.agent_time = elapsed_;
  end_.interrupted = stream.interrupted;
  end_.enough = stream.enough;
  end_.error = std::move(stream.status);
  end_.tally.targets = end_.asked();
  end_.tally.missing = end_.silent.size() + end_.start.unknown.size();
  std::sort(end_.silent.begin(), end_.silent.end());
  std::sort(end_.not_sent.begin(), end_.not_sent.end());
  std::sort(end_.filter_failures.begin(), end_.filter_failures.end(),
            [](const FilterFailure& a, const FilterFailure& b) { return a.identity < b.identity; });
  return end_;
}

}  // namespace orch::cli

// The part of a run that outlives streams and hubs: nodes that go and come back, and jobs an earlier
// life of the hub began.
#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/job_run.h"

namespace orch::hub {

void JobRun::OnNodeGone(absl::string_view identity, absl::string_view reason) {
  const size_t index = job_.IndexOf(identity);
  // One not yet sent may be back by then.
  if (index == Job::kNone || !job_.tasks()[index].sent()) return;
  if (recorded()) return rooms_.returns->Add(job_.tasks()[index].identity, this);
  EndTask(index, HubReply(identity, v1::INDETERMINATE, "disconnected",
                          absl::StrCat("the node was given the command, then its stream ended (", reason,
                                       "); the action may or may not have run")));
  Pump();
}

void JobRun::OnNodeBack(absl::string_view identity) {
  const size_t index = job_.IndexOf(identity);
  if (index == Job::kNone) return;
  JobTask& task = job_.tasks()[index];
  if (std::exchange(task.parked, false)) {
    rooms_.returns->Unpark();
    rollout_.OnBack(index, rooms_.clock->Steady());
  } else if (task.sent()) {
    NodeChannel* const node = rooms_.nodes->ChannelOf(identity);
    task.asked = node != nullptr && node->SendQuery(WireId(id(), task.attempt));
    ORCH_FAILPOINT("hub.query.sent");
    if (!task.asked) rooms_.returns->Add(task.identity, this);
    if (task.asked && !cancel_text_.empty()) node->SendCancel(WireId(id(), task.attempt), cancel_text_);
  }
  Pump();
}

void JobRun::OnUnknown(size_t index) {
  JobTask& task = job_.tasks()[index];
  if (task.state == v1::RUNNING) return OnGoneFor(index);
  const bool late = task.due <= rooms_.clock->Steady();
  if (rollout_.stopped() || late || (resumed_ && request_.inputs_withheld)) {
    const absl::string_view why = rollout_.stopped() ? "the job was ended before"
                                  : late             ? "its time had run out"
                                                     : "the hub was restarted, and sensitive inputs are not stored";
    return EndTask(index, HubReply(task.identity, v1::EXPIRED, "disconnected",
                                   absl::StrCat("the command never reached the node, and ", why, "; it did not run")));
  }
  NodeChannel* const node = rooms_.nodes->ChannelOf(task.identity);
  ORCH_FAILPOINT("hub.command.resent");
  if (node == nullptr || !node->SendCommand(WireId(id(), task.attempt), BodyOf(task.attempt))) {
    rooms_.returns->Add(task.identity, this);  // asked again when it comes back
  }
}

void JobRun::OnGoneFor(size_t index) {
  EndTask(index, HubReply(job_.tasks()[index].identity, v1::INDETERMINATE, "crash",
                          "the node had taken the command on and no longer knows of it; "
                          "the action may have run, in part or in full"));
}

void JobRun::Park(size_t index) {
  JobTask& task = job_.tasks()[index];
  const absl::Duration now = rooms_.clock->Steady();
  const bool queue = request_.spec.queue_offline();
  if (recorded() && now < park_until_ && rooms_.returns->Park()) {
    task.parked = true;
    rooms_.returns->Add(task.identity, this);
    rollout_.OnAway(index);
    if (park_timer_ == 0) {
      park_timer_ = rooms_.executor->PostAfter(park_until_ - now, [this] { OnParkedTooLong(); });
    }
    return;
  }
  if (queue && now >= park_until_) {
    return EndTask(index,
                   HubReply(task.identity, v1::EXPIRED, "offline", "the node did not come within the time to live"));
  }
  EndTask(index, HubReply(task.identity, v1::OFFLINE, "offline",
                          queue ? "the node is not connected, and the hub's queue for absent nodes is full"
                                : "the node is not connected"));
}

void JobRun::OnParkedTooLong() {
  park_timer_ = 0;
  for (size_t i = 0; i < job_.tasks().size(); ++i) {
    const JobTask& task = job_.tasks()[i];
    if (!task.parked) continue;
    EndTask(i, request_.spec.queue_offline()
                   ? HubReply(task.identity, v1::EXPIRED, "offline", "the node did not come within the time to live")
                   : HubReply(task.identity, v1::OFFLINE, "offline", "the node is not connected"));
  }
  Pump();
}

void JobRun::Resume(const UnfinishedJob& stored) {
  begun_ = resumed_ = true;
  told_ = stored.replies;
  started_us_ = stored.job.created_us;
  const absl::Duration now = rooms_.clock->Steady();
  const absl::Duration age = rooms_.clock->Now() - absl::FromUnixMicros(started_us_);
  started_ = now - std::max(age, absl::ZeroDuration());
  // A wall clock that was set back must not make anything live longer than it would have.
  park_until_ =
      std::min(started_ + absl::Milliseconds(request_.spec.ttl_ms()), now + absl::Milliseconds(request_.spec.ttl_ms()));
  park_until_ = std::max(park_until_, now + kReturnGrace);
  stored_rollout_ = stored.job.rollout;
  // In the order they were sent: deadlines are looked at in it.
  std::vector<size_t> order(std::min(stored.tasks.size(), job_.tasks().size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return stored.tasks[a].changed_us < stored.tasks[b].changed_us; });
  for (const size_t i : order) RestoreTask(i, stored.tasks[i]);
  rollout_.RestoreStage(stored_rollout_.detail);
  if (stored_rollout_.state == v1::JOB_PAUSED) rollout_.Pause(stored_rollout_.paused_because);
  if (!stored_rollout_.ended_early.empty()) rollout_.Stop(stored_rollout_.ended_early);
  if (stored_rollout_.ended_early == "cancelled") cancel_text_ = "the job was cancelled before the hub was restarted";
  ORCH_FAILPOINT("hub.job.resumed");
  LogInfo("job goes on", {{"job", id()}, {"caller", request_.caller}});
  Pump();
}

void JobRun::RestoreTask(size_t index, const StoredTask& stored) {
  JobTask& task = job_.tasks()[index];
  const absl::Duration now = rooms_.clock->Steady();
  task.attempt = stored.attempt;
  if (stored.filtered || IsTerminal(stored.state)) {
    const Rollout::End end = stored.filtered          ? Rollout::End::kFiltered
                             : stored.state == v1::OK ? Rollout::End::kOk
                                                      : Rollout::End::kFailed;
    task.stored = true;
    rollout_.Restore(index, stored.attempt, true, end);
    return job_.RestoreEnd(index, stored.state, stored.filtered);
  }
  task.ask_first = true;
  if (stored.state == v1::SENT) {
    task.ask_first = false;
    rollout_.Restore(index, stored.attempt, false, Rollout::End::kOk);
    const absl::Duration age = rooms_.clock->Now() - absl::FromUnixMicros(stored.changed_us);
    task.sent_at = now - std::clamp(age, absl::ZeroDuration(), request_.deadline);
    task.due = std::max(task.sent_at + request_.deadline, now + kReturnGrace);
    job_.Move(index, v1::SENT);
    rooms_.returns->Add(task.identity, this);
  } else if (stored.attempt > 0) {
    // Its repeat is asked about before it is sent, like all that this hub may have sent unrecorded.
    rollout_.Restore(index, stored.attempt + 1u, false, Rollout::End::kOk);
    rollout_.OnAway(index);
    rollout_.OnBack(index, now);
    task.last = std::make_unique<v1::Reply>(HubReply(
        task.identity, v1::FAILED, "shutdown", "an attempt failed, the hub was restarted, and no repeat followed"));
  }
}

}  // namespace orch::hub

// The part of a run that takes what nodes say, and sees each outcome into the store before the node is
// acknowledged and watchers hear of it.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/job_run.h"

namespace orch::hub {
namespace {

Rollout::End EndOf(v1::TaskState state) {
  if (state == v1::OK) return Rollout::End::kOk;
  return state == v1::CANCELLED ? Rollout::End::kCancelled : Rollout::End::kFailed;
}

// As nodes send it: a stream of its own for each number a node can think of would have no bound.
bool IsOutput(const v1::OutputChunk& chunk) {
  const bool known = chunk.stream() == v1::OutputChunk::STDOUT || chunk.stream() == v1::OutputChunk::STDERR;
  return known && chunk.data().size() <= kMaxChunkBytes;
}

}  // namespace

void JobRun::OnUpdate(absl::string_view identity, uint32_t attempt, v1::TaskUpdate update) {
  const size_t index = job_.IndexOf(identity);
  if (index == Job::kNone || !begun_) {
    ++rooms_.counters->unexpected;
    return;
  }
  JobTask& task = job_.tasks()[index];
  const bool current = task.attempt == attempt && task.sent();
  switch (update.kind()) {
    case v1::TaskUpdate::STARTED:
      if (current && job_.Move(index, v1::RUNNING)) return TellProgress(index);
      if (!current || !std::exchange(task.asked, false)) ++rooms_.counters->unexpected;
      return;
    case v1::TaskUpdate::ACCEPTED:
      task.asked = false;
      return;
    case v1::TaskUpdate::OUTPUT:
      if (!current || !request_.spec.live_output()) return;
      if (!IsOutput(update.output())) {
        ++rooms_.counters->unexpected;
        return;
      }
      update.mutable_output()->set_identity(task.identity);
      update.mutable_output()->set_attempt(attempt);
      feed_.ForEach([&](JobWatch* watch) { watch->AddOutput(update.output()); });
      return;
    case v1::TaskUpdate::UNKNOWN:
      if (current && std::exchange(task.asked, false)) OnUnknown(index);
      break;
    case v1::TaskUpdate::GONE:
      if (current && std::exchange(task.asked, false)) OnGoneFor(index);
      break;
    case v1::TaskUpdate::FILTERED:
      TakeFiltered(index, attempt, update.reply().status_message());
      break;
    default:
      TakeReply(index, attempt, std::move(*update.mutable_reply()));
  }
  Pump();
}

void JobRun::TakeReply(size_t index, uint32_t attempt, v1::Reply reply) {
  JobTask& task = job_.tasks()[index];
  NormaliseNodeReply(task.identity, request_.spec.no_reply_data(), &reply);
  // An earlier attempt that was given up may have succeeded all the same.
  const bool earlier = attempt < task.attempt || task.state == v1::PENDING;
  if (task.over() || attempt > task.attempt || (earlier && (task.last == nullptr || reply.state() != v1::OK))) {
    ++rooms_.counters->unexpected;
    // Its end is stored, or this attempt no longer matters: the node need not say it again.
    if (task.stored || (earlier && task.last != nullptr)) Acknowledge(index, attempt);
    return;
  }
  reply.clear_latency_us();
  reply.set_attempt(attempt);
  ++rooms_.counters->replies;
  EndTask(index, std::move(reply), attempt);
}

bool JobRun::MayDeclineTask(const JobTask& task) const {
  if (request_.may_decline != MayDecline::kAfterAChange) return request_.may_decline == MayDecline::kAlways;
  return rooms_.nodes->ChangedSince(task.identity, request_.chosen_at);
}

void JobRun::TakeFiltered(size_t index, uint32_t attempt, const std::string& failure) {
  JobTask& task = job_.tasks()[index];
  if (task.attempt == attempt && task.state == v1::SENT && !task.filtered && !MayDeclineTask(task)) {
    // It would vanish from the job: whoever asked for it must see that it did not run.
    LogWarning("a node declined a task that is its own", {{"job", id()}, {"node", task.identity}});
    return EndTask(index,
                   HubReply(task.identity, v1::DENIED, "filtered",
                            "the node says that it is no target, but what it told the hub of itself says that it is; "
                            "nothing ran; look at the node (orchctl inventory), or have it send its facts anew"),
                   attempt);
  }
  if (task.attempt != attempt || !job_.Filter(index)) {
    ++rooms_.counters->unexpected;
    if (task.stored) Acknowledge(index, attempt);
    return;
  }
  rollout_.OnEnd(index, Rollout::End::kFiltered, rooms_.clock->Steady());
  feed_.ForEach([&](JobWatch* watch) { watch->AddFiltered(task.identity, failure); });
  if (!recorded()) return;
  ledger_.RecordTask({static_cast<uint32_t>(index), v1::SENT, static_cast<uint16_t>(attempt), true},
                     [this, index, attempt] {
                       job_.tasks()[index].stored = true;
                       ORCH_FAILPOINT("hub.task.filtered");
                       Acknowledge(index, attempt);
                       Pump();
                     });
}

void JobRun::EndTask(size_t index, v1::Reply reply, uint32_t from_attempt) {
  JobTask& task = job_.tasks()[index];
  const bool sent = task.sent();
  if (task.last != nullptr && !sent) job_.Move(index, v1::SENT);  // the outcome is that of an earlier attempt
  if (!job_.MayMove(index, reply.state())) {
    ++rooms_.counters->unexpected;
    return;
  }
  const absl::Duration now = rooms_.clock->Steady();
  if (sent) reply.set_latency_us(absl::ToInt64Microseconds(now - task.sent_at));
  if (std::exchange(task.parked, false)) rooms_.returns->Unpark();
  if (rollout_.OnEnd(index, EndOf(reply.state()), now)) return SetAside(index, std::move(reply), from_attempt);
  job_.Move(index, reply.state());
  task.last = nullptr;
  if (!recorded()) {
    feed_.ForEach([&](JobWatch* watch) { watch->AddReply(0, reply); });
    return;
  }
  ORCH_FAILPOINT("hub.reply.before_commit");
  ledger_.Append(static_cast<uint32_t>(index), std::move(reply),
                 [this, index, from_attempt](uint64_t number, const v1::Reply& stored) {
                   OnCommitted(index, from_attempt, number, stored);
                 });
}

void JobRun::OnCommitted(size_t index, uint32_t from_attempt, uint64_t number, const v1::Reply& reply) {
  ORCH_FAILPOINT("hub.reply.committed");
  if (number > 0) {
    job_.tasks()[index].stored = true;
    told_ = std::max(told_, number);
    if (from_attempt > 0) Acknowledge(index, from_attempt);
  }
  ORCH_FAILPOINT("hub.reply.acknowledged");
  feed_.ForEach([&](JobWatch* watch) { watch->AddReply(number, reply); });
  Pump();
}

void JobRun::Acknowledge(size_t index, uint32_t attempt) {
  if (!recorded()) return;
  if (NodeChannel* const node = rooms_.nodes->ChannelOf(job_.tasks()[index].identity)) {
    node->SendAck(WireId(id(), attempt));
  }
}

void JobRun::SetAside(size_t index, v1::Reply reply, uint32_t from_attempt) {
  JobTask& task = job_.tasks()[index];
  if (task.state != v1::PENDING) job_.Move(index, v1::PENDING);
  task.last = std::make_unique<v1::Reply>(std::move(reply));
  TellProgress(index);
  if (!recorded()) return;
  ledger_.RecordTask({static_cast<uint32_t>(index), v1::PENDING, static_cast<uint16_t>(task.attempt), false},
                     [this, index, from_attempt] {
                       ORCH_FAILPOINT("hub.task.set_aside");
                       if (from_attempt > 0) Acknowledge(index, from_attempt);
                       Pump();
                     });
}

void JobRun::Finish() {
  finishing_ = true;
  v1::JobSummary summary;
  job_.Summarise(&summary);
  summary.set_started_us(started_us_);
  summary.set_discovery_us(absl::ToInt64Microseconds(request_.discovery));
  summary.set_elapsed_us(absl::ToInt64Microseconds(rooms_.clock->Steady() - started_));
  if (cut_short_ || rollout_.stop_reason() == "cancelled") summary.set_ended_early(rollout_.stop_reason());
  auto end = [this, summary] {
    ORCH_FAILPOINT("hub.job.finished");
    feed_.ForEach([&](JobWatch* watch) { watch->Finish(summary); });
    LogInfo("job ended", {{"job", id()},
                          {"ok", absl::StrCat(summary.ok())},
                          {"failed", absl::StrCat(summary.failed())},
                          {"missing", absl::StrCat(summary.missing())}});
    rooms_.finished(this);
  };
  if (!recorded()) return end();
  ORCH_FAILPOINT("hub.job.finishing");
  ledger_.Finish(summary, std::move(end));
}

}  // namespace orch::hub

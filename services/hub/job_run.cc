#include "services/hub/job_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "services/hub/command_body.h"
#include "services/hub/task.h"

namespace orch::hub {
namespace {

Rollout::End EndOf(v1::TaskState state) {
  if (state == v1::OK) return Rollout::End::kOk;
  return state == v1::CANCELLED ? Rollout::End::kCancelled : Rollout::End::kFailed;
}

std::string WhyNotReleased(absl::string_view reason) {
  if (reason == "max-failures") return "not sent: as many nodes had failed as max_failures allows";
  if (reason == "canary") return "not sent: one of the first nodes (canary) did not succeed";
  return absl::StrCat("not sent: the job was ended (", reason, ")");
}

}  // namespace

JobRun::JobRun(std::string id, JobRequest request, std::shared_ptr<const CommandBody> body, Rooms rooms)
    : request_(std::move(request)),
      rooms_(std::move(rooms)),
      job_(std::move(id), request_.targets),
      rollout_(request_.spec, request_.targets.size(), request_.groups),
      ledger_(request_.recorded ? rooms_.store : nullptr, rooms_.executor, job_.id()),
      bodies_{std::move(body)},
      started_(rooms_.clock->Steady()),
      started_us_(absl::ToUnixMicros(rooms_.clock->Now())),
      park_until_(started_ + absl::Milliseconds(request_.spec.ttl_ms())) {}

JobRun::~JobRun() {
  for (const TimerId timer : {deadline_timer_, release_timer_, park_timer_}) {
    if (timer != 0) rooms_.executor->Cancel(timer);
  }
  if (!recorded()) return;
  for (const JobTask& task : job_.tasks()) {
    if (task.parked) rooms_.returns->Unpark();
    rooms_.returns->Forget(task.identity, this);
  }
}

void JobRun::Start(std::shared_ptr<JobWatch::Sink> client, std::function<void(const absl::Status&)> refused) {
  auto watch = std::make_unique<JobWatch>(rooms_.executor, std::move(client), recorded() ? rooms_.store->id() : "");
  feed_.Add(&watch).IgnoreError();  // it is the first
  if (!recorded()) return Begin();
  ledger_.Create(ToStore(), request_.targets, [this, refused = std::move(refused)](const absl::Status& status) {
    ORCH_FAILPOINT("hub.job.created");
    if (status.ok()) return Begin();
    const auto tell = refused;  // outlives this
    rooms_.finished(this);
    tell(status);
  });
}

void JobRun::Begin() {
  begun_ = true;
  feed_.ForEach([accepted = Accepted()](JobWatch* watch) { watch->Accepted(accepted); });
  Pump();
}

void JobRun::Pump() {
  if (!begun_ || finishing_) return;
  if (!slice_waits_) ReleaseSome();
  ledger_.Flush();
  TellRollout();
  ArmDeadline();
  if (job_.AllOver() && ledger_.pending() == 0) Finish();
}

void JobRun::ReleaseSome() {
  if (release_timer_ != 0) rooms_.executor->Cancel(std::exchange(release_timer_, 0));
  absl::Duration wait;
  for (size_t released = 0;; ++released) {
    if (rollout_.stopped()) return EndUnreleased();
    slice_waits_ = released == kSendSlice;
    if (slice_waits_) break;
    const absl::Duration now = rooms_.clock->Steady();
    const Rollout::Turn turn = rollout_.Next(now);
    if (turn.kind == Rollout::Turn::kBlocked) return;
    wait = turn.until - now;
    if (turn.kind == Rollout::Turn::kSleep) break;
    SendTask(turn.task);
  }
  release_timer_ = rooms_.executor->PostAfter(slice_waits_ ? absl::ZeroDuration() : wait, [this] {
    release_timer_ = 0;
    slice_waits_ = false;
    Pump();
  });
}

void JobRun::SendTask(size_t index) {
  JobTask& task = job_.tasks()[index];
  task.attempt = rollout_.attempt(index);
  NodeChannel* const node = rooms_.nodes->ChannelOf(task.identity);
  if (node == nullptr) return Park(index);
  if (resumed_ && request_.inputs_withheld && !task.ask_first) {
    return EndTask(index, HubReply(task.identity, v1::EXPIRED, "shutdown",
                                   "not sent: the hub was restarted, and sensitive inputs are not stored; "
                                   "run it again for this node"));
  }
  if (!SendTo(node, index)) {
    return EndTask(index, HubReply(task.identity, v1::DENIED, "busy",
                                   "the hub's queue to this node is full; nothing was sent; try again later"));
  }
  task.sent_at = rooms_.clock->Steady();
  task.due = task.sent_at + request_.deadline;
  job_.Move(index, v1::SENT);
  ledger_.NoteTask({static_cast<uint32_t>(index), v1::SENT, static_cast<uint16_t>(task.attempt), false});
  TellProgress(index);
}

bool JobRun::SendTo(NodeChannel* node, size_t index) {
  JobTask& task = job_.tasks()[index];
  const std::string wire_id = WireId(id(), task.attempt);
  if (!task.ask_first) return node->SendCommand(wire_id, BodyOf(task.attempt));
  task.asked = node->SendQuery(wire_id);
  task.ask_first = !task.asked;
  return task.asked;
}

const std::shared_ptr<const CommandBody>& JobRun::BodyOf(uint32_t attempt) {
  while (bodies_.size() < attempt) {
    const std::string wire_id = WireId(id(), static_cast<uint32_t>(bodies_.size()) + 1);
    bodies_.push_back(MakeCommandBody(wire_id, request_));
  }
  return bodies_[attempt - 1];
}

void JobRun::EndUnreleased() {
  if (std::exchange(unreleased_ended_, true)) return;
  const std::string why = cancel_text_.empty() ? WhyNotReleased(rollout_.stop_reason()) : cancel_text_;
  for (size_t i = 0; i < job_.tasks().size(); ++i) {
    JobTask& task = job_.tasks()[i];
    if (task.over() || !rollout_.waits(i)) continue;
    cut_short_ = true;
    if (task.last != nullptr) {
      EndTask(i, v1::Reply(*task.last));
    } else {
      EndTask(i, HubReply(task.identity, v1::CANCELLED, rollout_.stop_reason(), why));
    }
  }
}

void JobRun::ArmDeadline() {
  if (deadline_timer_ != 0) return;
  const size_t first = job_.FirstDue();
  if (first == Job::kNone) return;
  deadline_timer_ =
      rooms_.executor->PostAfter(job_.tasks()[first].due - rooms_.clock->Steady(), [this] { OnDeadline(); });
}

void JobRun::OnDeadline() {
  deadline_timer_ = 0;
  const absl::Duration now = rooms_.clock->Steady();
  for (size_t i = job_.FirstDue(); i != Job::kNone && job_.tasks()[i].due <= now; i = job_.FirstDue()) {
    const JobTask& task = job_.tasks()[i];
    NodeChannel* const node = rooms_.nodes->ChannelOf(task.identity);
    if (node == nullptr) {
      EndTask(i, HubReply(task.identity, v1::INDETERMINATE, "disconnected",
                          "the node was given the command, its stream ended, and it did not come back in time; "
                          "the action may or may not have run"));
      continue;
    }
    node->SendCancel(WireId(id(), task.attempt), "the hub waited its time");
    EndTask(i, HubReply(task.identity, v1::TIMED_OUT, "timeout",
                        absl::StrCat("no reply within ", absl::ToDoubleSeconds(request_.deadline), " s")));
  }
  Pump();
}

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
      update.mutable_output()->set_identity(task.identity);
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
  ++rooms_.counters->replies;
  EndTask(index, std::move(reply), attempt);
}

void JobRun::TakeFiltered(size_t index, uint32_t attempt, const std::string& failure) {
  JobTask& task = job_.tasks()[index];
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

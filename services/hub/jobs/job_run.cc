#include "services/hub/jobs/job_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/command_body.h"

namespace orch::hub {
namespace {

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
  ORCH_FAILPOINT("hub.job.accepted");
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
  ORCH_FAILPOINT("hub.command.before_send");
  if (!SendTo(node, index)) {
    return EndTask(index, HubReply(task.identity, v1::DENIED, "busy",
                                   "the hub's queue to this node is full; nothing was sent; try again later"));
  }
  task.sent_at = rooms_.clock->Steady();
  task.due = task.sent_at + request_.deadline;
  job_.Move(index, v1::SENT);
  ORCH_FAILPOINT("hub.command.sent");
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

}  // namespace orch::hub

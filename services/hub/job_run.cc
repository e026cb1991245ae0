#include "services/hub/job_run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "services/hub/command_body.h"
#include "services/hub/task.h"

namespace orch::hub {
namespace {

std::string Seconds(absl::Duration duration) { return absl::StrCat(absl::ToDoubleSeconds(duration), " s"); }

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

JobStore::Done LogFailure(const std::string& job_id, absl::string_view what) {
  return [job_id, what = std::string(what)](const absl::Status& status) {
    if (!status.ok()) LogError(what + " was not stored", {{"job", job_id}, {"reason", std::string(status.message())}});
  };
}

JobRun::JobRun(std::string id, JobRequest request, std::shared_ptr<const CommandBody> body,
               std::unique_ptr<JobWatch> watch, Rooms rooms)
    : request_(std::move(request)),
      rooms_(std::move(rooms)),
      job_(std::move(id), request_.targets),
      rollout_(request_.spec, request_.targets.size(), request_.groups),
      bodies_{std::move(body)},
      watch_(std::move(watch)),
      started_(rooms_.clock->Steady()),
      started_us_(absl::ToUnixMicros(rooms_.clock->Now())) {}

JobRun::~JobRun() {
  if (deadline_timer_ != 0) rooms_.executor->Cancel(deadline_timer_);
  if (release_timer_ != 0) rooms_.executor->Cancel(release_timer_);
}

void JobRun::Begin() {
  watch_->Accepted(Describe());
  Pump();
}

v1::JobAccepted JobRun::Describe() const {
  v1::JobAccepted accepted;
  accepted.set_job_id(job_.id());
  accepted.set_targets(static_cast<uint32_t>(job_.tasks().size()));
  for (const std::string& identity : request_.unknown) accepted.add_unknown_identities(identity);
  for (const std::string& identity : request_.disconnected) accepted.add_offline_identities(identity);
  accepted.set_discovery_us(absl::ToInt64Microseconds(request_.discovery));
  accepted.set_timeout_ms(absl::ToInt64Milliseconds(request_.deadline));
  return accepted;
}

void JobRun::Pump() {
  if (!slice_waits_) ReleaseSome();
  ArmDeadline();
  if (job_.AllOver()) Finish();
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
  if (node == nullptr) {
    return EndTask(index, HubReply(task.identity, v1::OFFLINE, "offline", "the node is not connected"));
  }
  if (!node->SendCommand(WireId(job_.id(), task.attempt), BodyOf(task.attempt))) {
    return EndTask(index, HubReply(task.identity, v1::DENIED, "busy",
                                   "the hub's queue to this node is full; nothing was sent; try again later"));
  }
  task.sent_at = rooms_.clock->Steady();
  job_.Move(index, v1::SENT);
  TellProgress(index);
}

const std::shared_ptr<const CommandBody>& JobRun::BodyOf(uint32_t attempt) {
  while (bodies_.size() < attempt) {
    const std::string wire_id = WireId(job_.id(), static_cast<uint32_t>(bodies_.size()) + 1);
    bodies_.push_back(MakeCommandBody(wire_id, request_.spec, request_.caller, request_.run_limit));
  }
  return bodies_[attempt - 1];
}

void JobRun::EndUnreleased() {
  if (std::exchange(unreleased_ended_, true)) return;
  const std::string why = WhyNotReleased(rollout_.stop_reason());
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
  const size_t oldest = job_.OldestSent();
  if (oldest == Job::kNone) return;
  const absl::Duration due = job_.tasks()[oldest].sent_at + request_.deadline;
  deadline_timer_ = rooms_.executor->PostAfter(due - rooms_.clock->Steady(), [this] { OnDeadline(); });
}

void JobRun::OnDeadline() {
  deadline_timer_ = 0;
  const absl::Duration now = rooms_.clock->Steady();
  for (size_t i = job_.OldestSent(); i != Job::kNone && job_.tasks()[i].sent_at + request_.deadline <= now;
       i = job_.OldestSent()) {
    const JobTask& task = job_.tasks()[i];
    if (NodeChannel* const node = rooms_.nodes->ChannelOf(task.identity)) {
      node->SendCancel(WireId(job_.id(), task.attempt), "the hub waited its time");
    }
    EndTask(i, HubReply(task.identity, v1::TIMED_OUT, "timeout",
                        absl::StrCat("no reply within ", Seconds(request_.deadline))));
  }
  Pump();
}

void JobRun::OnUpdate(absl::string_view identity, uint32_t attempt, v1::TaskUpdate update) {
  const size_t index = job_.IndexOf(identity);
  if (index == Job::kNone) {
    ++rooms_.counters->unexpected;
    return;
  }
  const bool current = job_.tasks()[index].attempt == attempt;
  switch (update.kind()) {
    case v1::TaskUpdate::STARTED:
      if (current && job_.Move(index, v1::RUNNING)) return TellProgress(index);
      ++rooms_.counters->unexpected;
      return;
    case v1::TaskUpdate::FILTERED:
      if (!current || !job_.Filter(index)) {
        ++rooms_.counters->unexpected;
        return;
      }
      rollout_.OnEnd(index, Rollout::End::kFiltered, rooms_.clock->Steady());
      watch_->AddFiltered(identity, update.reply().status_message());
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
    return;
  }
  reply.clear_latency_us();
  ++rooms_.counters->replies;
  EndTask(index, std::move(reply));
}

void JobRun::OnNodeGone(absl::string_view identity, absl::string_view reason) {
  const size_t index = job_.IndexOf(identity);
  // One not yet sent may be back by then.
  if (index == Job::kNone || !job_.tasks()[index].sent()) return;
  EndTask(index, HubReply(identity, v1::INDETERMINATE, "disconnected",
                          absl::StrCat("the node was given the command, then its stream ended (", reason,
                                       "); the action may or may not have run")));
  Pump();
}

void JobRun::EndTask(size_t index, v1::Reply reply) {
  JobTask& task = job_.tasks()[index];
  const bool sent = task.sent();
  if (task.last != nullptr && !sent) job_.Move(index, v1::SENT);  // the outcome is that of an earlier attempt
  if (!job_.MayMove(index, reply.state())) {
    ++rooms_.counters->unexpected;
    return;
  }
  const absl::Duration now = rooms_.clock->Steady();
  if (sent) reply.set_latency_us(absl::ToInt64Microseconds(now - task.sent_at));
  if (rollout_.OnEnd(index, EndOf(reply.state()), now)) return SetAside(index, std::move(reply));
  job_.Move(index, reply.state());
  task.last = nullptr;
  rooms_.store->AppendReply(job_.id(), static_cast<uint32_t>(index), reply,
                            [log = LogFailure(job_.id(), "a reply")](const absl::StatusOr<uint64_t>& number) mutable {
                              log(number.status());
                            });
  watch_->AddReply(std::move(reply));
}

void JobRun::SetAside(size_t index, v1::Reply reply) {
  JobTask& task = job_.tasks()[index];
  if (task.state != v1::PENDING) job_.Move(index, v1::PENDING);
  task.last = std::make_unique<v1::Reply>(std::move(reply));
  TellProgress(index);
}

void JobRun::TellProgress(size_t index) {
  if (!request_.spec.report_progress()) return;
  const JobTask& task = job_.tasks()[index];
  v1::TaskProgress progress;
  progress.set_identity(task.identity);
  progress.set_state(task.state);
  progress.set_time_us(absl::ToUnixMicros(rooms_.clock->Now()));
  progress.set_attempt(task.attempt);
  watch_->AddProgress(std::move(progress));
}

void JobRun::EndAll(absl::string_view reason) {
  rollout_.Stop("shutdown");
  for (size_t i = 0; i < job_.tasks().size(); ++i) {
    const JobTask& task = job_.tasks()[i];
    if (!task.sent()) continue;
    EndTask(i, HubReply(task.identity, v1::INDETERMINATE, "shutdown",
                        absl::StrCat(reason, "; the action may or may not have run")));
  }
  EndUnreleased();
  Finish();
}

void JobRun::Finish() {
  v1::JobSummary summary;
  job_.Summarise(&summary);
  summary.set_started_us(started_us_);
  summary.set_discovery_us(absl::ToInt64Microseconds(request_.discovery));
  summary.set_elapsed_us(absl::ToInt64Microseconds(rooms_.clock->Steady() - started_));
  if (cut_short_) summary.set_ended_early(rollout_.stop_reason());
  rooms_.store->Finish(job_.id(), summary, LogFailure(job_.id(), "the end of a job"));
  watch_->Finish(summary);
  LogInfo("job ended", {{"job", job_.id()},
                        {"ok", absl::StrCat(summary.ok())},
                        {"failed", absl::StrCat(summary.failed())},
                        {"missing", absl::StrCat(summary.missing())}});
  rooms_.finished(this);
}

}  // namespace orch::hub

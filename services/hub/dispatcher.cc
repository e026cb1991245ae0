#include "services/hub/dispatcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "services/hub/command_body.h"
#include "services/hub/task.h"

namespace orch::hub {
namespace {

std::string Seconds(absl::Duration duration) { return absl::StrCat(absl::ToDoubleSeconds(duration), " s"); }

// What happens when the store could not take something: it is said.
JobStore::Done LogFailure(const std::string& job_id, absl::string_view what) {
  return [job_id, what = std::string(what)](const absl::Status& status) {
    if (!status.ok()) LogError(what + " was not stored", {{"job", job_id}, {"reason", std::string(status.message())}});
  };
}

}  // namespace

Dispatcher::Dispatcher(const NodeDirectory* nodes, JobStore* store, const Clock* clock, Random* random,
                       Executor* executor, Options options)
    : nodes_(nodes), store_(store), clock_(clock), random_(random), executor_(executor), options_(options) {}

Dispatcher::~Dispatcher() {
  for (const auto& [id, job] : jobs_) {
    if (job->deadline_timer != 0) executor_->Cancel(job->deadline_timer);
    if (job->batch_timer != 0) executor_->Cancel(job->batch_timer);
  }
}

absl::Status Dispatcher::Start(Request request, std::shared_ptr<JobWatch::Sink> client) {
  if (draining_) return absl::UnavailableError("the hub is stopping; try again shortly");
  if (jobs_.size() >= options_.max_jobs) {
    return absl::ResourceExhaustedError(absl::StrCat("the hub runs ", jobs_.size(),
                                                     " jobs, its limit (limits.jobs); try again when some have ended"));
  }
  const std::string id = absl::BytesToHexString(random_->Bytes(16));
  std::shared_ptr<const CommandBody> body = MakeCommandBody(id, request.spec, request.caller, request.run_limit);
  if (body->bytes.size() > kMaxCommandBytes) {
    return absl::InvalidArgumentError(absl::StrCat("inputs and filter make a command of ", body->bytes.size(),
                                                   " bytes; nodes take at most ", kMaxCommandBytes,
                                                   "; pass large data as a file or an address to fetch it from"));
  }
  StoredJob stored;
  stored.job_id = id;
  stored.caller = request.caller;
  stored.spec = request.spec;
  stored.spec.set_inputs_json(request.redacted_inputs);
  stored.created_us = absl::ToUnixMicros(clock_->Now());
  stored.targets = static_cast<uint32_t>(request.targets.size());
  stored.inputs_withheld = request.inputs_withheld;
  stored.run_limit = request.run_limit;
  stored.deadline = request.deadline;
  const uint32_t targets = stored.targets;
  store_->Create(std::move(stored), request.targets, LogFailure(id, "a job"));

  auto job = std::make_unique<Job>(id, std::move(request.targets));
  job->SetBatches(request.spec);
  job->body = std::move(body);
  job->deadline = request.deadline;
  job->discovery = request.discovery;
  job->started = clock_->Steady();
  job->started_us = absl::ToUnixMicros(clock_->Now());
  job->drop_data = request.spec.no_reply_data();
  job->watch = std::make_unique<JobWatch>(executor_, std::move(client));
  job->watch->Accepted(Describe(*job, request));
  ++counters_.jobs;
  LogInfo("job accepted", {{"job", id},
                           {"caller", request.caller},
                           {"action", absl::StrCat(request.spec.plugin(), ".", request.spec.action())},
                           {"targets", absl::StrCat(targets)}});
  Job* const started = job.get();
  jobs_.emplace(id, std::move(job));
  started->OpenNextBatch();
  if (targets == 0) {
    Finish(started);
  } else {
    SendSome(id);
  }
  return absl::OkStatus();
}

v1::JobAccepted Dispatcher::Describe(const Job& job, const Request& request) const {
  v1::JobAccepted accepted;
  accepted.set_job_id(job.id());
  accepted.set_targets(static_cast<uint32_t>(job.tasks().size()));
  for (const std::string& identity : request.unknown) accepted.add_unknown_identities(identity);
  for (const std::string& identity : request.disconnected) accepted.add_offline_identities(identity);
  accepted.set_discovery_us(absl::ToInt64Microseconds(request.discovery));
  accepted.set_timeout_ms(absl::ToInt64Milliseconds(request.deadline));
  return accepted;
}

Job* Dispatcher::Find(absl::string_view job_id) {
  const auto found = jobs_.find(job_id);
  return found == jobs_.end() ? nullptr : found->second.get();
}

void Dispatcher::SendSome(const std::string& job_id) {
  Job* const job = Find(job_id);
  if (job == nullptr) return;
  for (size_t sent = 0; sent < kSendSlice && !job->BatchSent(); ++sent) SendOne(job, job->TakeNext());
  ArmDeadline(job);
  if (!job->BatchSent()) executor_->Post([this, job_id] { SendSome(job_id); });
  Progress(job);
}

void Dispatcher::SendOne(Job* job, size_t index) {
  JobTask& task = job->tasks()[index];
  if (task.over()) return;
  NodeChannel* const node = nodes_->ChannelOf(task.identity);
  if (node == nullptr) {
    EndTask(job, index, HubReply(task.identity, v1::OFFLINE, "offline", "the node is not connected"));
    return;
  }
  if (!node->SendCommand(job->id(), job->body)) {
    EndTask(job, index,
            HubReply(task.identity, v1::DENIED, "busy",
                     "the hub's queue to this node is full; nothing was sent; try again later"));
    return;
  }
  task.sent_at = clock_->Steady();
  job->Move(index, v1::SENT);
}

void Dispatcher::ArmDeadline(Job* job) {
  if (job->deadline_timer != 0) return;
  const size_t oldest = job->OldestOpen();
  if (oldest == Job::kNone) return;
  const absl::Duration due = job->tasks()[oldest].sent_at + job->deadline;
  job->deadline_timer = executor_->PostAfter(due - clock_->Steady(), [this, id = job->id()] { OnDeadline(id); });
}

void Dispatcher::OnDeadline(const std::string& job_id) {
  Job* const job = Find(job_id);
  if (job == nullptr) return;
  job->deadline_timer = 0;
  const absl::Duration now = clock_->Steady();
  for (size_t i = job->OldestOpen(); i != Job::kNone && job->tasks()[i].sent_at + job->deadline <= now;
       i = job->OldestOpen()) {
    const std::string identity = job->tasks()[i].identity;
    if (NodeChannel* const node = nodes_->ChannelOf(identity)) {
      node->SendCancel(job_id, "the hub waited its time");
    }
    EndTask(job, i, HubReply(identity, v1::TIMED_OUT, "timeout",
                             absl::StrCat("no reply within ", Seconds(job->deadline))));
  }
  ArmDeadline(job);
  Progress(job);
}

void Dispatcher::OnUpdate(absl::string_view identity, absl::string_view job_id, v1::TaskUpdate update) {
  Job* const job = Find(job_id);
  const size_t index = job == nullptr ? Job::kNone : job->IndexOf(identity);
  if (index == Job::kNone) {
    ++counters_.unexpected;
    return;
  }
  JobTask& task = job->tasks()[index];
  const bool waiting = !task.over() && task.state != v1::PENDING;
  switch (update.kind()) {
    case v1::TaskUpdate::STARTED:
      if (!job->Move(index, v1::RUNNING)) ++counters_.unexpected;
      return;
    case v1::TaskUpdate::FILTERED:
      if (!job->Filter(index)) {
        ++counters_.unexpected;
        return;
      }
      job->watch->AddFiltered();
      break;
    default: {
      if (!waiting) {
        ++counters_.unexpected;
        return;
      }
      v1::Reply reply = std::move(*update.mutable_reply());
      NormaliseNodeReply(identity, job->drop_data, &reply);
      ++counters_.replies;
      EndTask(job, index, std::move(reply));
    }
  }
  Progress(job);
}

void Dispatcher::OnNodeGone(absl::string_view identity, absl::string_view reason) {
  std::vector<Job*> touched;
  for (const auto& [id, job] : jobs_) {
    const size_t index = job->IndexOf(identity);
    if (index == Job::kNone) continue;
    const JobTask& task = job->tasks()[index];
    if (task.over() || task.state == v1::PENDING) continue;  // one not yet sent may be back by then
    touched.push_back(job.get());
  }
  for (Job* job : touched) {
    EndTask(job, job->IndexOf(identity),
            HubReply(identity, v1::INDETERMINATE, "disconnected",
                     absl::StrCat("the node was given the command, then its stream ended (", reason,
                                  "); the action may or may not have run")));
    Progress(job);
  }
}

void Dispatcher::EndTask(Job* job, size_t index, v1::Reply reply) {
  JobTask& task = job->tasks()[index];
  const bool sent = task.state == v1::SENT || task.state == v1::RUNNING;
  if (!job->Move(index, reply.state())) {
    ++counters_.unexpected;
    return;
  }
  if (sent) reply.set_latency_us(absl::ToInt64Microseconds(clock_->Steady() - task.sent_at));
  store_->AppendReply(job->id(), static_cast<uint32_t>(index), reply,
                      [log = LogFailure(job->id(), "a reply")](const absl::StatusOr<uint64_t>& number) mutable {
                        log(number.status());
                      });
  job->watch->AddReply(std::move(reply));
}

void Dispatcher::Progress(Job* job) {
  if (job->AllOver()) return Finish(job);
  if (!job->BatchOver() || job->batch_timer != 0) return;
  job->batch_timer = executor_->PostAfter(job->batch_sleep, [this, id = job->id()] {
    Job* const next = Find(id);
    if (next == nullptr) return;
    next->batch_timer = 0;
    next->OpenNextBatch();
    SendSome(id);
  });
}

void Dispatcher::Finish(Job* job) {
  v1::JobSummary summary;
  job->Summarise(&summary);
  summary.set_started_us(job->started_us);
  summary.set_discovery_us(absl::ToInt64Microseconds(job->discovery));
  summary.set_elapsed_us(absl::ToInt64Microseconds(clock_->Steady() - job->started));
  store_->Finish(job->id(), summary, LogFailure(job->id(), "the end of a job"));
  job->watch->Finish(summary);
  if (job->deadline_timer != 0) executor_->Cancel(job->deadline_timer);
  if (job->batch_timer != 0) executor_->Cancel(job->batch_timer);
  LogInfo("job ended", {{"job", job->id()},
                        {"ok", absl::StrCat(summary.ok())},
                        {"failed", absl::StrCat(summary.failed())},
                        {"missing", absl::StrCat(summary.missing())}});
  const std::string id = job->id();
  jobs_.erase(id);
  if (jobs_.empty() && idle_) executor_->Post(std::exchange(idle_, nullptr));
}

void Dispatcher::WhenIdle(Task idle) {
  idle_ = std::move(idle);
  if (jobs_.empty()) executor_->Post(std::exchange(idle_, nullptr));
}

void Dispatcher::EndAll(absl::string_view reason) {
  draining_ = true;
  std::vector<std::string> ids;
  for (const auto& [id, job] : jobs_) ids.push_back(id);
  for (const std::string& id : ids) {
    Job* const job = Find(id);
    for (size_t i = 0; i < job->tasks().size(); ++i) {
      const JobTask& task = job->tasks()[i];
      if (task.over()) continue;
      if (task.state == v1::PENDING) {
        EndTask(job, i, HubReply(task.identity, v1::CANCELLED, "shutdown", absl::StrCat(reason, "; it was not sent")));
      } else {
        EndTask(job, i, HubReply(task.identity, v1::INDETERMINATE, "shutdown",
                                 absl::StrCat(reason, "; the action may or may not have run")));
      }
    }
    Finish(job);
  }
}

}  // namespace orch::hub

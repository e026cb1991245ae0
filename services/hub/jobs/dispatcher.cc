#include "services/hub/jobs/dispatcher.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/json.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "services/hub/jobs/run/attempt_id.h"
#include "services/hub/jobs/run/command_body.h"
#include "services/hub/jobs/run/job_report.h"

namespace orch::hub {
namespace {

// Whether a stored job is what is asked for now. Inputs that were withheld cannot be compared.
bool SameRequest(const StoredJob& stored, const v1::JobSpec& asked) {
  v1::JobSpec a = stored.spec, b = asked;
  const auto stored_inputs = ParseJsonObject(a.inputs_json(), "inputs"),
             inputs = ParseJsonObject(b.inputs_json(), "inputs");
  if (!stored.inputs_withheld && (!stored_inputs.ok() || !inputs.ok() || *stored_inputs != *inputs)) return false;
  a.clear_inputs_json();
  b.clear_inputs_json();
  for (v1::JobSpec* spec : {&a, &b}) {
    spec->clear_ddl_sha256();  // the fleet may have another version by now
    if (stored.accepted.conditions_size() == 0) continue;
    spec->clear_concurrency();  // a rule may have lowered these
    spec->clear_concurrency_percent();
    spec->clear_batch_size();
    spec->clear_batch_percent();
  }
  return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

Dispatcher::Dispatcher(const NodeDirectory* nodes, JobStore* store, const Clock* clock, Random* random,
                       Executor* executor, Options options)
    : nodes_(nodes), store_(store), clock_(clock), random_(random), executor_(executor), options_(options) {}

absl::Status Dispatcher::Admit() const {
  if (draining_) return absl::UnavailableError("the hub is stopping; try again shortly");
  if (jobs_.size() >= options_.max_jobs) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the hub runs ", jobs_.size(), " jobs, its limit (limits.jobs); try again when some have ended"));
  }
  return absl::OkStatus();
}

absl::Status Dispatcher::Start(Request request, std::shared_ptr<JobWatch::Sink> client) {
  ORCH_RETURN_IF_ERROR(Admit());
  const std::string id = request.job_id.empty() ? absl::BytesToHexString(random_->Bytes(16)) : request.job_id;
  std::shared_ptr<const CommandBody> body = MakeCommandBody(id, request);
  if (body->bytes.size() > kMaxCommandBytes) {
    return absl::InvalidArgumentError(absl::StrCat("inputs and filter make a command of ", body->bytes.size(),
                                                   " bytes; nodes take at most ", kMaxCommandBytes,
                                                   "; pass large data as a file or an address to fetch it from"));
  }
  ORCH_RETURN_IF_ERROR(locks_.Acquire(request.spec.lock(), id, request.caller, absl::ToUnixMicros(clock_->Now())));
  ++counters_.jobs;
  LogInfo("job accepted", {{"job", id},
                           {"caller", request.caller},
                           {"action", absl::StrCat(request.spec.plugin(), ".", request.spec.action())},
                           {"targets", absl::StrCat(request.targets.size())}});
  auto refused = [this, client, spec = request.spec, caller = request.caller](const absl::Status& status) {
    if (!absl::IsAlreadyExists(status) || spec.idempotency_key().empty()) return client->End(status);
    // The same call came twice at once; the other one was first.
    FollowKey(spec, caller, "", client, [client](const absl::Status& followed) {
      if (!followed.ok()) client->End(followed);
    });
  };
  Add(id, std::move(request), std::move(body))->Start(client, std::move(refused));
  return absl::OkStatus();
}

JobRun* Dispatcher::Add(const std::string& id, Request request, std::shared_ptr<const CommandBody> body) {
  const JobDependencies dependencies = {nodes_, store_, clock_, executor_, &returns_, &counters_};
  auto run = std::make_unique<JobRun>(id, std::move(request), std::move(body), dependencies,
                                      [this](JobRun* ended) { OnFinished(ended); });
  for (uint32_t attempt = 1; attempt <= run->request().spec.retries() + 1; ++attempt) {
    by_attempt_id_.emplace(AttemptId(id, attempt), Attempt{run.get(), attempt});
  }
  return (jobs_[id] = std::move(run)).get();
}

absl::Status Dispatcher::Recover() {
  return store_->LoadUnfinished([this](const UnfinishedJob& stored) { Resume(stored); });
}

void Dispatcher::Resume(const UnfinishedJob& stored) {
  Request request;
  request.spec = stored.job.spec;
  request.redacted_inputs = stored.job.spec.inputs_json();
  request.inputs_withheld = stored.job.inputs_withheld;
  request.recorded = true;
  request.caller = stored.job.caller;
  if (const auto query = ParseTarget(request.spec.target(), random_); query.ok()) {
    request.may_decline = WhenMayDecline(*query);
  }
  for (const StoredTask& task : stored.tasks) request.targets.push_back(task.identity);
  for (const absl::string_view text : absl::StrSplit(stored.job.plan, ',', absl::SkipEmpty())) {
    uint32_t group = 0;
    if (absl::SimpleAtoi(text, &group)) request.groups.push_back(group);
  }
  if (request.groups.size() != request.targets.size()) request.groups.clear();
  request.run_limit = stored.job.run_limit;
  request.deadline = stored.job.deadline;
  request.discovery = absl::Microseconds(stored.job.accepted.discovery_us());
  locks_.Acquire(request.spec.lock(), stored.job.job_id, request.caller, stored.job.created_us).IgnoreError();
  std::shared_ptr<const CommandBody> body = MakeCommandBody(stored.job.job_id, request);
  Add(stored.job.job_id, std::move(request), std::move(body))->Resume(stored);
}

void Dispatcher::FollowKey(const v1::JobSpec& spec, const std::string& caller, const std::string& cursor,
                           std::shared_ptr<JobWatch::Sink> client, std::function<void(absl::Status)> done) {
  store_->GetByKey(
      caller, spec.idempotency_key(),
      [this, spec, cursor, client = std::move(client), done = std::move(done)](absl::StatusOr<StoredJob> job) {
        if (!job.ok()) return done(job.status());
        if (!SameRequest(*job, spec)) {
          return done(
              absl::InvalidArgumentError(absl::StrCat("spec.idempotency_key was used for another request, job ",
                                                      job->job_id, "; a key names one request: take a new one")));
        }
        JobReplay::Begin(this, store_, executor_, job->job_id, cursor, /*followed=*/true, client);
        done(absl::OkStatus());
      });
}

void Dispatcher::Watch(const v1::WatchJobRequest& request, std::shared_ptr<JobWatch::Sink> client) {
  const JobRun* const run = FindRun(request.job_id());
  if (run != nullptr && !run->recorded()) {
    return client->End(absl::FailedPreconditionError(
        absl::StrCat("job ", run->id(),
                     " only reads and is not kept, so it can be watched by who began it only; "
                     "start such a job with --record")));
  }
  JobReplay::Begin(this, store_, executor_, request.job_id(), request.cursor(), /*followed=*/false, std::move(client));
}

std::string Dispatcher::CallerOf(absl::string_view job_id) const {
  const JobRun* const run = FindRun(job_id);
  return run == nullptr ? "" : run->request().caller;
}

std::vector<std::string> Dispatcher::AwaitingApproval() const {
  std::vector<std::string> ids;
  for (const auto& [id, run] : jobs_) {
    if (run->awaits_approval()) ids.push_back(id);
  }
  return ids;
}

JobRun* Dispatcher::FindRun(absl::string_view prefix) const {
  if (prefix.size() < kMinJobIdPrefix) return nullptr;
  JobRun* found = nullptr;
  for (const auto& [id, run] : jobs_) {
    if (!absl::StartsWith(id, prefix)) continue;
    if (found != nullptr) return nullptr;
    found = run.get();
  }
  return found;
}

void Dispatcher::Control(const v1::ControlJobRequest& request, const std::string& caller,
                         std::function<void(absl::StatusOr<v1::Job>)> done) {
  JobRun* const run = FindRun(request.job_id());
  if (run == nullptr || !run->begun()) {
    store_->Get(request.job_id(), [done = std::move(done)](const absl::StatusOr<StoredJob>& job) {
      if (!job.ok()) return done(job.status());
      done(job->summary
               ? absl::FailedPreconditionError(
                     absl::StrCat("job ", job->job_id, " has ended; there is nothing to change"))
               : absl::UnavailableError(absl::StrCat("job ", job->job_id, " is on its way; try again shortly")));
    });
    return;
  }
  if (run->awaits_approval() && request.verb() != v1::ControlJobRequest::CANCEL) {
    return done(absl::FailedPreconditionError(absl::StrCat(
        "job ", run->id(), " waits for approval, which others grant: orchctl approval show ", run->id().substr(0, 8))));
  }
  const std::string id = run->id();  // NOLINT(performance-unnecessary-copy-initialization): erase() ends the run
  v1::Job last = DescribeJob(run->state());
  switch (request.verb()) {
    case v1::ControlJobRequest::CANCEL:
      run->Cancel(caller, request.reason());
      break;
    case v1::ControlJobRequest::PAUSE:
      run->Pause(absl::StrCat("asked by ", caller, request.reason().empty() ? "" : ": ", request.reason()));
      break;
    case v1::ControlJobRequest::RESUME:
      if (!run->paused()) return done(absl::FailedPreconditionError(absl::StrCat("job ", id, " is not paused")));
      run->Unpause();
      break;
    default:
      return done(absl::InvalidArgumentError("verb must be CANCEL, PAUSE or RESUME"));
  }
  if (JobRun* const after = RunOf(id)) return done(DescribeJob(after->state()));
  last.set_state(v1::JOB_FINISHED);
  done(std::move(last));
}

void Dispatcher::Approve(absl::string_view job_id) {
  if (JobRun* const run = RunOf(job_id)) run->Approve();
}

void Dispatcher::Refuse(absl::string_view job_id, absl::string_view why) {
  if (JobRun* const run = RunOf(job_id)) run->Refuse(why);
}

void Dispatcher::CancelUnless(const std::function<bool(const JobRequest&)>& may_go_on, absl::string_view reason) {
  std::vector<std::string> ids;
  for (const auto& [id, run] : jobs_) {
    if (run->begun() && !may_go_on(run->request())) ids.push_back(id);
  }
  for (const std::string& id : ids) RunOf(id)->Cancel("the hub", reason);
}

void Dispatcher::OnUpdate(absl::string_view identity, absl::string_view attempt_id, v1::TaskUpdate update) {
  if (const auto found = by_attempt_id_.find(attempt_id); found != by_attempt_id_.end()) {
    const Attempt attempt = found->second;
    return attempt.run->OnUpdate(identity, attempt.attempt, std::move(update));
  }
  ++counters_.unexpected;
  // The job is over, or unknown here: nobody will ever want this again.
  if (update.kind() != v1::TaskUpdate::FINISHED && update.kind() != v1::TaskUpdate::FILTERED) return;
  if (NodeChannel* const node = nodes_->ChannelOf(identity)) node->SendAck(attempt_id);
}

void Dispatcher::OnNodeGone(absl::string_view identity, absl::string_view reason) {
  std::vector<JobRun*> runs;
  runs.reserve(jobs_.size());
  for (const auto& [id, run] : jobs_) runs.push_back(run.get());
  for (JobRun* run : runs) run->OnNodeGone(identity, reason);  // each may end itself, never another
}

void Dispatcher::OnNodeBack(absl::string_view identity) {
  for (JobRun* run : returns_.Take(identity)) run->OnNodeBack(identity);
}

void Dispatcher::OnFinished(JobRun* run) {
  const std::string id = run->id();  // NOLINT(performance-unnecessary-copy-initialization): erase() ends the run
  locks_.Release(run->request().spec.lock(), id);
  for (uint32_t attempt = 1; attempt <= run->request().spec.retries() + 1; ++attempt) {
    by_attempt_id_.erase(AttemptId(id, attempt));
  }
  jobs_.erase(id);
  if (idle_ && Idle()) executor_->Post(std::exchange(idle_, nullptr));
}

bool Dispatcher::Idle() const {
  const bool durable = store_->Stats().durable;
  for (const auto& [id, run] : jobs_) {
    if (!durable || !run->recorded()) return false;
  }
  return true;
}

void Dispatcher::WhenIdle(Closure idle) {
  idle_ = std::move(idle);
  if (Idle()) executor_->Post(std::exchange(idle_, nullptr));
}

void Dispatcher::EndAll(absl::string_view reason) {
  draining_ = true;
  const bool durable = store_->Stats().durable;
  std::vector<std::string> ids;
  for (const auto& [id, run] : jobs_) ids.push_back(id);
  for (const std::string& id : ids) {
    JobRun* const run = RunOf(id);
    if (!durable || !run->recorded()) {
      run->EndAll(reason);
    } else {
      run->Suspend(reason);
      OnFinished(run);
    }
  }
}

size_t Dispatcher::paused() const {
  size_t count = 0;
  for (const auto& [id, run] : jobs_) count += run->paused() ? 1 : 0;
  return count;
}

JobRun* Dispatcher::RunOf(absl::string_view job_id) {
  const auto found = jobs_.find(job_id);
  return found == jobs_.end() ? nullptr : found->second.get();
}

}  // namespace orch::hub

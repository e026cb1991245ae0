#include "services/hub/dispatcher.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "services/hub/command_body.h"

namespace orch::hub {

Dispatcher::Dispatcher(const NodeDirectory* nodes, JobStore* store, const Clock* clock, Random* random,
                       Executor* executor, Options options)
    : nodes_(nodes), store_(store), clock_(clock), random_(random), executor_(executor), options_(options) {}

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
  store_->Create(std::move(stored), request.targets, LogFailure(id, "a job"));

  ++counters_.jobs;
  LogInfo("job accepted", {{"job", id},
                           {"caller", request.caller},
                           {"action", absl::StrCat(request.spec.plugin(), ".", request.spec.action())},
                           {"targets", absl::StrCat(request.targets.size())}});
  auto owned = std::make_unique<JobRun>(
      id, std::move(request), std::move(body), std::make_unique<JobWatch>(executor_, std::move(client)),
      JobRun::Rooms{nodes_, store_, clock_, executor_, &counters_, [this](JobRun* run) { OnFinished(run); }});
  JobRun* const run = owned.get();
  jobs_.emplace(id, std::move(owned));
  for (uint32_t attempt = 1; attempt <= run->request().spec.retries() + 1; ++attempt) {
    by_wire_id_.emplace(WireId(id, attempt), Attempt{run, attempt});
  }
  run->Begin();
  return absl::OkStatus();
}

void Dispatcher::OnUpdate(absl::string_view identity, absl::string_view wire_id, v1::TaskUpdate update) {
  const auto found = by_wire_id_.find(wire_id);
  if (found == by_wire_id_.end()) {
    ++counters_.unexpected;
    return;
  }
  const Attempt attempt = found->second;
  attempt.run->OnUpdate(identity, attempt.attempt, std::move(update));
}

void Dispatcher::OnNodeGone(absl::string_view identity, absl::string_view reason) {
  std::vector<JobRun*> runs;
  runs.reserve(jobs_.size());
  for (const auto& [id, run] : jobs_) runs.push_back(run.get());
  for (JobRun* run : runs) run->OnNodeGone(identity, reason);  // each may end itself, never another
}

void Dispatcher::OnFinished(JobRun* run) {
  const std::string id = run->id();
  for (uint32_t attempt = 1; attempt <= run->request().spec.retries() + 1; ++attempt) {
    by_wire_id_.erase(WireId(id, attempt));
  }
  jobs_.erase(id);
  if (jobs_.empty() && idle_) executor_->Post(std::exchange(idle_, nullptr));
}

void Dispatcher::WhenIdle(Task idle) {
  idle_ = std::move(idle);
  if (jobs_.empty()) executor_->Post(std::exchange(idle_, nullptr));
}

void Dispatcher::EndAll(absl::string_view reason) {
  draining_ = true;
  while (!jobs_.empty()) jobs_.begin()->second->EndAll(reason);
}

}  // namespace orch::hub

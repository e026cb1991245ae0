// The brain: runs jobs over frozen sets of targets and sees to it that each ends in exactly one
// outcome. Admits jobs and hands events to the one they are for (JobRun); on the hub's loop, without
// locks; knows nodes as NodeChannels and clients as JobWatches. Never decides who may ask: that is
// done before Start.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/job_run.h"

namespace orch::hub {

class Dispatcher {
 public:
  static constexpr size_t kSendSlice = JobRun::kSendSlice;

  struct Options {
    size_t max_jobs = 1000;  // running at the same time
  };
  using Request = JobRequest;

  Dispatcher(const NodeDirectory* nodes, JobStore* store, const Clock* clock, Random* random, Executor* executor,
             Options options);

  // Tells the client it is accepted and begins. ResourceExhausted at the limit of jobs, Unavailable
  // while stopping; then the sink was not used.
  absl::Status Start(Request request, std::shared_ptr<JobWatch::Sink> client);

  // A verified update of that node. What no task waits for is dropped and counted.
  void OnUpdate(absl::string_view identity, absl::string_view wire_id, v1::TaskUpdate update);
  void OnNodeGone(absl::string_view identity, absl::string_view reason);

  // From now on Start is refused.
  void Drain() { draining_ = true; }
  // Posts `idle` once no job runs.
  void WhenIdle(Task idle);
  // Ends every job: unsent tasks CANCELLED, the others INDETERMINATE.
  void EndAll(absl::string_view reason);

  using Counters = JobCounters;
  const Counters& counters() const { return counters_; }
  size_t running() const { return jobs_.size(); }

 private:
  struct Attempt {
    JobRun* run;
    uint32_t attempt;
  };

  void OnFinished(JobRun* run);

  const NodeDirectory* const nodes_;
  JobStore* const store_;
  const Clock* const clock_;
  Random* const random_;
  Executor* const executor_;
  const Options options_;
  Counters counters_;
  absl::flat_hash_map<std::string, std::unique_ptr<JobRun>> jobs_;
  absl::flat_hash_map<std::string, Attempt> by_wire_id_;  // every attempt the running jobs may make
  bool draining_ = false;
  Task idle_;
};

}  // namespace orch::hub

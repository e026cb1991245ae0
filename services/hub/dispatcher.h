// The brain: runs jobs over frozen sets of targets and sees to it that each ends in exactly one
// outcome. On the hub's loop, without locks; knows nodes as NodeChannels and clients as JobWatches.
// Never decides who may ask: that is done before Start.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/job.pb.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/job.h"
#include "services/hub/job_store.h"
#include "services/hub/job_watch.h"
#include "services/hub/node_channel.h"

namespace orch::hub {

class Dispatcher {
 public:
  // Tasks sent in one turn of the loop; then others have theirs.
  static constexpr size_t kSendSlice = 128;

  struct Options {
    size_t max_jobs = 1000;  // running at the same time
  };
  Dispatcher(const NodeDirectory* nodes, JobStore* store, const Clock* clock, Random* random, Executor* executor,
             Options options);
  ~Dispatcher();

  // A job whose targets are chosen and whose inputs were validated.
  struct Request {
    v1::JobSpec spec;                      // as asked for
    std::string redacted_inputs;           // for the store
    bool inputs_withheld = false;          // the redacted ones are not the ones asked for
    std::string caller;
    std::vector<std::string> targets;
    std::vector<std::string> unknown;      // for JobAccepted
    std::vector<std::string> disconnected; // for JobAccepted
    absl::Duration run_limit;              // the node ends the action after so long
    absl::Duration deadline;               // the hub stops waiting for a task after so long
    absl::Duration discovery;
  };
  // Tells the client it is accepted and begins. ResourceExhausted at the limit of jobs, Unavailable
  // while stopping; then the sink was not used.
  absl::Status Start(Request request, std::shared_ptr<JobWatch::Sink> client);

  // A verified update of that node. What no task waits for is dropped and counted.
  void OnUpdate(absl::string_view identity, absl::string_view job_id, v1::TaskUpdate update);
  void OnNodeGone(absl::string_view identity, absl::string_view reason);

  // From now on Start is refused.
  void Drain() { draining_ = true; }
  // Posts `idle` once no job runs.
  void WhenIdle(Task idle);
  // Ends every job: unsent tasks CANCELLED, the others INDETERMINATE.
  void EndAll(absl::string_view reason);

  struct Counters {
    uint64_t jobs = 0;
    uint64_t replies = 0;         // of nodes, taken
    uint64_t unexpected = 0;      // updates dropped: late, repeated, of no running job or no target
  };
  const Counters& counters() const { return counters_; }
  size_t running() const { return jobs_.size(); }

 private:
  Job* Find(absl::string_view job_id);
  // Sends up to kSendSlice of the open batch, then comes back by itself.
  void SendSome(const std::string& job_id);
  void SendOne(Job* job, size_t index);
  void OnDeadline(const std::string& job_id);
  void ArmDeadline(Job* job);
  void EndTask(Job* job, size_t index, v1::Reply reply);
  // After tasks ended: next batch, or the end of the job. May destroy the job.
  void Progress(Job* job);
  void Finish(Job* job);
  v1::JobAccepted Describe(const Job& job, const Request& request) const;

  const NodeDirectory* const nodes_;
  JobStore* const store_;
  const Clock* const clock_;
  Random* const random_;
  Executor* const executor_;
  const Options options_;
  absl::flat_hash_map<std::string, std::unique_ptr<Job>> jobs_;
  Counters counters_;
  bool draining_ = false;
  Task idle_;
};

}  // namespace orch::hub

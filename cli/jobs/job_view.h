// One job as the client sees it: sends it, turns messages into answers, counts, and tells a view.
// What the view does with them is its own; how the job ends is the same for all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actions/ddl/aggregate.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"
#include "cli/session/context.h"
#include "cli/terminal/exit_codes.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

inline constexpr size_t kMaxFilterFailures = 10'000;  // kept of one job

// A node's reply, or why there is none.
struct Answer {
  std::string identity;
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;
  uint32_t code = 0;
  std::string message;
  std::string error_kind;
  Json data = Json::object();
  absl::Duration latency;
  absl::Duration run;
  bool not_sent = false;  // the hub ended the job before this node's turn came

  bool ok() const { return state == v1::OK; }
  bool missing() const;  // no answer of the node itself
};
Answer ToAnswer(const v1::Reply& reply);
// As far as it counts in them.
void AddToSummaries(const Answer& answer, ddl::Aggregator* aggregator);

// Known once the hub has accepted the job.
struct JobStart {
  std::string job_id;
  size_t targets = 0;
  absl::Duration discovery;
  std::vector<std::string> unknown;  // named, never seen by the hub
  std::vector<std::string> offline;  // known, match, not connected: the first by name, named targets included
  size_t offline_count = 0;
  bool durable = false;  // the job outlives hub and client
};

// A node that is no target because a data function of the filter failed there.
struct FilterFailure {
  std::string identity;
  std::string reason;
};

struct JobEnd {
  JobStart start;
  Tally tally;
  std::vector<std::string> silent;             // targets without an answer of their own
  std::vector<std::string> not_sent;           // targets that were never sent the command
  std::vector<FilterFailure> filter_failures;  // by identity; at most kMaxFilterFailures
  absl::Time started;
  absl::Duration agent_time;  // from acceptance to the end
  absl::Duration total_time;  // from sending
  bool accepted = false;
  bool interrupted = false;
  bool enough = false;
  std::string ended_early;  // why the hub left out targets: "max-failures", "cancelled", …
  absl::Status error;       // why it was cut short

  size_t answered() const { return tally.ok + tally.failed; }
  // Targets that have their outcome, whatever it is.
  size_t settled() const { return answered() + silent.size() + not_sent.size(); }
  void Count(const Answer& answer);
  // Targets as people count them: unknown names were asked for too.
  size_t asked() const { return start.targets + start.unknown.size(); }
};

class JobView {
 public:
  virtual ~JobView() = default;
  virtual void OnStart(const JobStart& start) = 0;
  // False: enough was seen.
  virtual bool OnAnswer(const Answer& answer) = 0;
  // Where a task stands, when the spec asks for progress; before the answer it may come with.
  virtual void OnTask(const v1::TaskProgress&) {}
  // After each message: `done` of `targets` are settled.
  virtual void OnProgress(size_t done, size_t targets) = 0;
  virtual void OnEnd(const JobEnd& end) = 0;
};

// Runs the job to its end and returns the exit code; the view has then seen everything. With -v it
// says where a data function failed. An error is one of before acceptance. When the connection breaks
// and the job is durable, it is followed again from where it was seen last, as long as --reconnect says.
absl::StatusOr<int> RunJob(Context* context, const v1::JobSpec& spec, bool named, JobView* view);
// The same for a job that is there already, from its beginning. `spec`: what it was asked for.
absl::StatusOr<int> WatchJob(Context* context, const std::string& job_id, const v1::JobSpec& spec, JobView* view);

// What `spec` asked for becomes the options' value, where they say nothing: to run it again.
void AdoptSpec(const v1::JobSpec& spec, CommonOptions* options);

// The part of a spec that options decide.
v1::JobSpec MakeSpec(const CommonOptions& options, const Targets& targets, const std::string& plugin,
                     const std::string& action);

}  // namespace orch::cli

// An accepted command as the TaskRunner needs it. A value; made by the gate, and for a task that a previous agent
// process started by OutsideTasks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actions/core/action.h"
#include "actions/core/plugin.h"
#include "base/process/process_spec.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

struct TaskSpec {
  std::string attempt_id;  // job_id of the envelope: names one attempt of a job on this node
  // Both are null for a task that a previous agent process started; `action` belongs to plugin->ddl().
  std::shared_ptr<actions::Plugin> plugin;
  const ddl::Action* action = nullptr;
  actions::Request request;
  absl::Duration deadline;  // Clock::Steady
  bool no_reply_data = false;
  absl::Duration delay;  // before the task joins the queue; not part of the deadline's time
  bool durable = false;  // the final update is kept until the hub has acknowledged it
  // Writes to disk that the task is accepted. Called for durable tasks, on a worker, right before the action; an error
  // ends the task without running it.
  std::function<absl::Status()> accept;
  // Runs the action outside this process. Such a task is answered once the action has ended, never at its deadline.
  // Returns nullopt if the agent detached from the action, which then runs on; nothing is answered now.
  std::function<std::optional<actions::Reply>(const actions::Context&)> run_outside;
  // Takes what the action prints, if the action streams and runs in this process; may be null.
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;
  std::function<void()> answered;  // called after the final update went to the sink; may be null
  // Called first, on a worker, outside the concurrency limit of the action, for checks that may block. May complete the
  // spec; an update ends the task without running it.
  std::function<std::optional<v1::TaskUpdate>(TaskSpec*)> admit;
};

}  // namespace orch::nodeagent

// A command that was taken on, and how its task stands in the TaskRunner.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actions/core/action.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/process/process.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

struct TaskSpec {
  std::string job_id;
  std::shared_ptr<actions::Plugin> plugin;
  const ddl::Action* action = nullptr;  // of plugin->ddl(); null, as the plugin, for one taken over
  actions::Request request;
  absl::Duration deadline;  // Clock::Steady
  bool no_reply_data = false;
  absl::Duration delay;  // before it joins the queue; not part of the deadline's time
  bool durable = false;  // its final update is kept until the hub has it; said to the sink
  // Durable tasks, on a worker, right before the action: OK once the disk knows of it. An error ends
  // the task without running it.
  std::function<absl::Status()> accept;
  // Runs the action outside this process. Such a task is answered only once that has ended, not at its
  // deadline. nullopt: it was let go of and runs on; nothing is answered now.
  std::function<std::optional<actions::Reply>(const actions::Context&)> run_outside;
  // What its action prints, where that streams and runs in this process; may be null.
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;
  std::function<void()> answered;  // after its final update went to the sink; may be null
  // Runs first, on a worker, outside the concurrency of the action, for checks that may block.
  // May complete the spec; an update ends the task without running it.
  std::function<std::optional<v1::TaskUpdate>(TaskSpec*)> admit;
};

// Made and kept by TaskRunner.
struct Task {
  explicit Task(TaskSpec of) : spec(std::move(of)) {}

  TaskSpec spec;  // belongs to whoever holds the task: the queue, then its worker
  const std::string job_id = spec.job_id;
  CancelToken cancel;
  const bool durable = spec.durable;
  const std::function<void()> after_answer = spec.answered;
  const bool taken_over = spec.action == nullptr && spec.run_outside != nullptr;
  // Guarded by the runner's mutex:
  TimerId timer = 0;
  TimerId start_timer = 0;                 // ends its delay
  bool delayed = false;                    // not in the queue yet
  bool outside = taken_over;               // its action runs in another process
  bool running = false;                    // its action runs in this one
  std::optional<v1::TaskUpdate> ended_by;  // why it was told to end
  bool retired = false;                    // off the books
  std::string slot;                        // "plugin.slot" while it counts there
  Mutex emit_mu;
  bool answered ABSL_GUARDED_BY(emit_mu) = false;
};
using TaskPtr = std::shared_ptr<Task>;

}  // namespace orch::nodeagent

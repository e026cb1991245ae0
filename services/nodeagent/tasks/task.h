// One task of the TaskRunner: knows whether the action has started, what the task was told to end with, and which
// updates were sent. Made and kept by TaskRunner. Thread-safe, except where said otherwise; its lock is a leaf.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actions/core/action.h"
#include "actions/core/plugin.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/tasks/task_spec.h"

namespace orch::nodeagent {

// Takes the updates of all tasks, on any thread and with no lock held. It must not call the runner, and must not block
// for longer than a disk takes. A task has at most one STARTED, then exactly one final update.
using UpdateSink = std::function<void(const std::string& attempt_id, v1::TaskUpdate update, bool durable)>;

class Task {
 public:
  enum class Place { kNowhere, kHere, kOutside };  // of the action: not started, in this process, in another one

  // `sink` must outlive every call of Emit.
  Task(TaskSpec of, const UpdateSink* sink);

  TaskSpec spec;  // belongs to whoever holds the task: the queue, then its worker
  const std::string attempt_id;
  const bool taken_over;  // a previous agent process started it
  CancelToken cancel;

  // Call once `spec` is complete, if it was not at construction; without the runner's mutex, since plugins are asked.
  void OnAdmitted();
  // Marks the start of the action. Returns false if the task was told to end before, and hence was answered.
  bool Begin(Place place);
  // Tells the task to end with `update`; the first such update counts. Returns where the action runs now.
  Place RequestEnd(const v1::TaskUpdate& update);
  // Returns the final update for an action that returned `reply`: what the task was told to end with, unless the action
  // succeeded.
  v1::TaskUpdate FinalUpdate(const actions::Reply& reply, absl::Duration ran) const;

  // Gives `update` to the sink, unless a final one was given before. Updates keep their order: while another thread is
  // giving one, that thread gives this one as well, and the call returns at once.
  void Emit(v1::TaskUpdate update);
  // Ends the task without an answer.
  void Abandon();
  // Blocks while another thread gives updates to the sink.
  void AwaitSent();

  // Guarded by the runner's mutex:
  TimerId timer = 0;
  TimerId start_timer = 0;  // ends the delay
  bool delayed = false;     // not in the queue yet
  bool retired = false;     // no longer known to the runner
  // The slot that limits how many such actions run at once. Set before the task joins the queue, or on admission.
  std::string slot;
  int slot_limit = 0;  // 0: none
  bool holds_slot = false;

 private:
  std::optional<v1::TaskUpdate> NextToSend();
  void RunAfterAnswer();

  const UpdateSink* const sink_;
  const bool durable_;
  mutable Mutex mu_;
  CondVar sent_;
  Place place_ ABSL_GUARDED_BY(mu_);
  std::optional<v1::TaskUpdate> told_to_end_ ABSL_GUARDED_BY(mu_);
  std::deque<v1::TaskUpdate> unsent_ ABSL_GUARDED_BY(mu_);
  bool sending_ ABSL_GUARDED_BY(mu_) = false;  // a thread gives updates to the sink
  std::function<void()> after_answer_ ABSL_GUARDED_BY(mu_);
  bool answered_ ABSL_GUARDED_BY(mu_) = false;
};
using TaskPtr = std::shared_ptr<Task>;

}  // namespace orch::nodeagent

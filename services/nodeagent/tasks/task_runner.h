// Runs accepted tasks: a bounded queue, workers that are started on demand and end when idle, and one answer for every
// task. A task that is cancelled or late is answered at once while it waits, and after its action has returned while
// the action runs, so that nothing it started is left. If an action in this process does not return within kEndWait,
// the runner answers in its place; the worker still counts until the action has returned. Owned by CommandGate.
// Thread-safe; must be destroyed on the executor's loop or after the loop has stopped. Its lock is a leaf: updates are
// given to the sink with no lock held. Never decides whether something may run.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "actions/core/node_state.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/mutex.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/tasks/task.h"
#include "services/nodeagent/tasks/task_queue.h"

namespace orch::nodeagent {

class TaskRunner {
 public:
  static constexpr absl::Duration kWorkerIdle = absl::Seconds(5);
  static constexpr absl::Duration kEndWait = absl::Seconds(8);  // for an action that was told to end

  struct Options {
    size_t workers = 8;
    size_t queue = 100;  // tasks waiting, at most
  };
  enum class Submitted { kAccepted, kBusy, kClosed };
  enum class Where { kNowhere, kWaiting, kAtWork };

  TaskRunner(Options options, const Clock* clock, Executor* executor, actions::NodeState* node, UpdateSink sink);
  // Cancels the tasks and waits for the actions that run.
  ~TaskRunner();

  // On the loop. An action that is instant (Plugin::IsInstant) has ended when this returns, unless it has to wait for
  // something else.
  Submitted Submit(TaskSpec spec);
  // Ends the action and answers CANCELLED, unless the action still succeeds. Returns false if there is no such task.
  bool Cancel(const std::string& attempt_id, v1::ErrorKind kind, const std::string& message);
  // Makes every later Submit return kClosed.
  void Close();
  void CancelAll(v1::ErrorKind kind, const std::string& message);
  // Calls `callback` on the loop once no task is left, answered or not.
  void WhenIdle(absl::AnyInvocable<void()> callback);

  Where Find(const std::string& attempt_id) const;
  size_t active() const;   // tasks waiting or on a worker
  size_t workers() const;  // threads alive

 private:
  enum class Admission { kRun, kEnded, kRequeued };  // kRun: the task holds its slot

  void Work(std::list<std::thread>::iterator self);
  Submitted RunHere(const TaskPtr& task);
  TaskPtr Take();
  void StartWorkerLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Admission Admit(const TaskPtr& task);
  void WakeWorkerLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ArmStart(const TaskPtr& task);
  void ArmDeadline(const TaskPtr& task);
  void AnswerLate(const TaskPtr& task, const v1::TaskUpdate& update);
  void End(const TaskPtr& task, v1::TaskState state, v1::ErrorKind kind, const std::string& message);
  void Retire(const TaskPtr& task);
  void JoinEnded();

  const Options options_;
  const Clock* const clock_;
  Executor* const executor_;
  actions::NodeState* const node_;
  const UpdateSink sink_;
  Lifetime lifetime_;  // for timers that outlive the runner

  mutable Mutex mu_;
  CondVar work_;
  TaskQueue queue_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, TaskPtr> tasks_ ABSL_GUARDED_BY(mu_);  // queued or on a worker
  std::list<std::thread> threads_ ABSL_GUARDED_BY(mu_);
  std::list<std::thread> ended_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::AnyInvocable<void()>> when_idle_ ABSL_GUARDED_BY(mu_);
  size_t idle_workers_ ABSL_GUARDED_BY(mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace orch::nodeagent

// Runs accepted tasks: a bounded queue, workers started on demand and ended when idle, and one answer
// for every task. A task that is cancelled or late is answered at once while it waits, and after its action
// has returned when that runs: then nothing it started is left. An action that does not return within
// kEndWait is answered for (its worker stays accounted for until it has); only tasks run outside this
// process are always answered after their end. Owned by CommandGate. Thread-safe; destroyed on the executor's loop or
// after that has stopped. Never decides whether something may run.
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
#include "base/executor.h"
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
  // Any thread, under a lock of the task: must not call the runner, nor block for longer than a disk
  // takes. One STARTED at most, then exactly one final update for every accepted task.
  using UpdateSink = std::function<void(const std::string& job_id, v1::TaskUpdate update, bool durable)>;
  enum class Submitted { kAccepted, kBusy, kClosed };
  enum class Where { kNowhere, kWaiting, kAtWork };

  TaskRunner(Options options, const Clock* clock, Executor* executor, actions::NodeState* node, UpdateSink sink);
  // Cancels what runs and waits for it.
  ~TaskRunner();

  Submitted Submit(TaskSpec spec);
  // Ends the action and answers CANCELLED, unless it had ended well before. False when there is no such task.
  bool Cancel(const std::string& job_id, const std::string& error_kind, const std::string& message);
  // From now on Submit answers kClosed.
  void Close();
  void CancelAll(const std::string& error_kind, const std::string& message);
  // Calls back on the loop once no task is left, answered or not.
  void WhenIdle(absl::AnyInvocable<void()> callback);

  Where Find(const std::string& job_id) const;
  size_t active() const;   // tasks waiting or on a worker
  size_t workers() const;  // threads alive

 private:
  enum class Admission { kRun, kEnded, kRequeued };  // kRun: it holds its slot

  void Work(std::list<std::thread>::iterator self);
  TaskPtr Take();
  void StartWorkerLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Admission Admit(const TaskPtr& task);
  void WakeWorkerLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ArmStart(const TaskPtr& task);
  void ArmDeadline(const TaskPtr& task);
  void RunAction(const TaskPtr& task);
  // False when it was told to end before.
  bool Begin(const TaskPtr& task, bool outside);
  v1::TaskUpdate Final(const TaskPtr& task, const actions::Reply& reply, absl::Duration start);
  void AnswerFor(const TaskPtr& task, const v1::TaskUpdate& update);
  void RunOutside(const TaskPtr& task, const actions::Context& context);
  void Emit(const TaskPtr& task, v1::TaskUpdate update);
  void End(const TaskPtr& task, v1::TaskState state, const std::string& error_kind, const std::string& message);
  void Retire(const TaskPtr& task);
  void JoinEnded();

  const Options options_;
  const Clock* const clock_;
  Executor* const executor_;
  actions::NodeState* const node_;
  const UpdateSink sink_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for timers that outlive the runner

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

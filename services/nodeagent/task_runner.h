// Runs accepted tasks: a bounded queue, workers started on demand and ended when idle, as many at
// once of one slot of actions as its plugin allows, and one answer for every task, at its deadline at the
// latest, even when the action has not returned by then (its worker stays accounted for until it
// has); only tasks run outside this process are answered after their end. Owned by Launcher. Thread-safe; destroyed on the executor's loop or after that has stopped.
// Never decides whether something may run.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "actions/action.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/process.h"
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

class TaskRunner {
 public:
  static constexpr absl::Duration kWorkerIdle = absl::Seconds(5);

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
  // Answers CANCELLED and ends the action. False when there is no such task.
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
  struct Entry;
  using EntryPtr = std::shared_ptr<Entry>;
  enum class Admission { kRun, kEnded, kRequeued };  // kRun: it holds its slot

  void Work(std::list<std::thread>::iterator self);
  EntryPtr Take();
  bool SlotFreeLocked(const TaskSpec& spec) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeSlotLocked(Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  EntryPtr NextLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void StartWorkerLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Admission Admit(const EntryPtr& entry);
  void EnqueueLocked(const EntryPtr& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ArmStart(const EntryPtr& entry);
  void ArmDeadline(const EntryPtr& entry);
  // Off the queue, or out of its delay. False when a worker has it.
  bool TakeBackLocked(const EntryPtr& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RunAction(const EntryPtr& entry);
  void RunOutside(const EntryPtr& entry, const actions::Context& context);
  void Emit(const EntryPtr& entry, v1::TaskUpdate update);
  void End(const EntryPtr& entry, v1::TaskState state, const std::string& error_kind, const std::string& message);
  void Retire(const EntryPtr& entry);
  void JoinEnded();

  const Options options_;
  const Clock* const clock_;
  Executor* const executor_;
  actions::NodeState* const node_;
  const UpdateSink sink_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for timers that outlive the runner

  mutable Mutex mu_;
  CondVar work_;
  std::deque<EntryPtr> queue_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, EntryPtr> entries_ ABSL_GUARDED_BY(mu_);  // queued or on a worker
  std::map<std::string, int> running_ ABSL_GUARDED_BY(mu_);       // by "plugin.slot"
  std::list<std::thread> threads_ ABSL_GUARDED_BY(mu_);
  std::list<std::thread> ended_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::AnyInvocable<void()>> when_idle_ ABSL_GUARDED_BY(mu_);
  size_t idle_workers_ ABSL_GUARDED_BY(mu_) = 0;
  size_t delayed_ ABSL_GUARDED_BY(mu_) = 0;  // in entries_, not yet in queue_; count as waiting
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace orch::nodeagent

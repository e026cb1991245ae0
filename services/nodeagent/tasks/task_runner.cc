#include "services/nodeagent/tasks/task_runner.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "services/nodeagent/tasks/run_task.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {

namespace {

bool MayRunHere(const TaskSpec& spec) {
  const bool waits = spec.delay > absl::ZeroDuration() || spec.admit != nullptr || spec.accept != nullptr ||
                     spec.run_outside != nullptr;
  return !waits && spec.action != nullptr && spec.plugin->IsInstant(spec.action->name);
}

}  // namespace

TaskRunner::TaskRunner(Options options, const Clock* clock, Executor* executor, actions::NodeState* node,
                       UpdateSink sink)
    : options_(options), clock_(clock), executor_(executor), node_(node), sink_(std::move(sink)) {}

TaskRunner::~TaskRunner() {
  Close();
  CancelAll(v1::ERROR_KIND_SHUTDOWN, "the node agent is stopping");
  std::list<std::thread> threads;
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    work_.SignalAll();
    while (!threads_.empty()) work_.Wait(&mu_);
    threads.swap(ended_);
  }
  for (std::thread& thread : threads) thread.join();
}

TaskRunner::Submitted TaskRunner::Submit(TaskSpec spec) {
  JoinEnded();
  const auto task = std::make_shared<Task>(std::move(spec), &sink_);
  if (MayRunHere(task->spec)) return RunHere(task);
  const bool delayed = task->spec.delay > absl::ZeroDuration();
  {
    MutexLock lock(&mu_);
    if (closed_) return Submitted::kClosed;
    if (queue_.size() >= options_.queue || !tasks_.emplace(task->attempt_id, task).second) return Submitted::kBusy;
    if (delayed) {
      queue_.Delay(task);
    } else {
      queue_.Add(task);
      WakeWorkerLocked();
    }
  }
  if (delayed) ArmStart(task);
  ArmDeadline(task);
  return Submitted::kAccepted;
}

TaskRunner::Submitted TaskRunner::RunHere(const TaskPtr& task) {
  {
    MutexLock lock(&mu_);
    if (closed_) return Submitted::kClosed;
    if (!tasks_.emplace(task->attempt_id, task).second) return Submitted::kBusy;
  }
  RunTask(clock_, node_, task.get());
  Retire(task);
  return Submitted::kAccepted;
}

void TaskRunner::WakeWorkerLocked() {
  if (idle_workers_ > 0) work_.Signal();
  if (idle_workers_ < queue_.ready() && threads_.size() < options_.workers) StartWorkerLocked();
}

void TaskRunner::ArmStart(const TaskPtr& task) {
  Lifetime::Watch alive = lifetime_.watch();
  const TimerId timer = executor_->PostAfter(task->spec.delay, [this, alive, task] {
    if (alive.ended()) return;
    MutexLock lock(&mu_);
    if (queue_.Join(task)) WakeWorkerLocked();
  });
  MutexLock lock(&mu_);
  task->start_timer = timer;
}

void TaskRunner::ArmDeadline(const TaskPtr& task) {
  const absl::Duration left = std::max(task->spec.deadline - clock_->Steady(), absl::ZeroDuration());
  Lifetime::Watch alive = lifetime_.watch();
  const TimerId timer = executor_->PostAfter(left, [this, alive, task] {
    if (!alive.ended()) End(task, v1::FAILED, v1::ERROR_KIND_TIMEOUT, kTooLate);
  });
  bool retired;
  {
    MutexLock lock(&mu_);
    retired = task->retired;
    if (!retired) task->timer = timer;
  }
  if (retired) executor_->Cancel(timer);
}

void TaskRunner::StartWorkerLocked() {
  const auto place = threads_.emplace(threads_.end());
  *place = std::thread([this, place] { Work(place); });
}

void TaskRunner::JoinEnded() {
  std::list<std::thread> ended;
  {
    MutexLock lock(&mu_);
    ended.swap(ended_);
  }
  for (std::thread& thread : ended) thread.join();
}

void TaskRunner::Work(std::list<std::thread>::iterator self) {
  pthread_setname_np(pthread_self(), "task");
  while (TaskPtr task = Take()) {
    const Admission admission = Admit(task);
    if (admission == Admission::kRequeued) continue;
    if (admission == Admission::kRun) RunTask(clock_, node_, task.get());
    task->AwaitSent();  // so that no task is forgotten before its answer is on its way
    Retire(task);
  }
  MutexLock lock(&mu_);
  ended_.splice(ended_.end(), threads_, self);
  work_.SignalAll();
}

TaskPtr TaskRunner::Take() {
  MutexLock lock(&mu_);
  while (true) {
    if (TaskPtr task = queue_.Take()) return task;
    if (stopping_) return nullptr;
    ++idle_workers_;
    const bool woken = work_.WaitFor(&mu_, absl::ToChronoNanoseconds(kWorkerIdle));
    --idle_workers_;
    // A task that became runnable while this worker gave up waiting is still taken.
    if (!woken) return queue_.Take();
  }
}

TaskRunner::Admission TaskRunner::Admit(const TaskPtr& task) {
  if (task->spec.admit == nullptr) return Admission::kRun;
  const auto admit = std::exchange(task->spec.admit, nullptr);
  if (std::optional<v1::TaskUpdate> update = admit(&task->spec)) {
    task->Emit(*std::move(update));
    return Admission::kEnded;
  }
  task->OnAdmitted();
  MutexLock lock(&mu_);
  if (task->cancel.cancelled()) return Admission::kEnded;
  if (queue_.TakeSlot(task)) return Admission::kRun;
  queue_.PutBack(task);  // the worker that frees the slot takes it
  return Admission::kRequeued;
}

void TaskRunner::End(const TaskPtr& task, v1::TaskState state, v1::ErrorKind kind, const std::string& message) {
  v1::TaskUpdate update = EndedUpdate(state, actions::kUnknownError, kind, message);
  const Task::Place place = task->RequestEnd(update);
  if (place == Task::Place::kNowhere) task->Emit(update);
  task->cancel.Cancel();
  if (place == Task::Place::kOutside) return;  // its worker answers, after it has ended that process
  if (place == Task::Place::kHere) return AnswerLate(task, update);
  {
    MutexLock lock(&mu_);
    if (!queue_.TakeBack(task)) return;  // its worker retires it
  }
  Retire(task);
}

// An action that returns in time answers itself, so that this update is ignored.
void TaskRunner::AnswerLate(const TaskPtr& task, const v1::TaskUpdate& update) {
  v1::TaskUpdate late = update;
  late.mutable_reply()->mutable_status_message()->append("; the action would not end, and may still run");
  Lifetime::Watch alive = lifetime_.watch();
  executor_->PostAfter(kEndWait, [alive, task, late = std::move(late)]() mutable {
    if (!alive.ended()) task->Emit(std::move(late));
  });
}

void TaskRunner::Retire(const TaskPtr& task) {
  TimerId timer, start_timer;
  std::vector<absl::AnyInvocable<void()>> idle;
  {
    MutexLock lock(&mu_);
    task->retired = true;
    timer = task->timer;
    start_timer = task->start_timer;
    queue_.FreeSlot(task);
    tasks_.erase(task->attempt_id);
    if (tasks_.empty()) idle.swap(when_idle_);
  }
  for (const TimerId armed : {timer, start_timer}) {
    if (armed != 0) executor_->Cancel(armed);
  }
  for (auto& callback : idle) executor_->Post(std::move(callback));
}

bool TaskRunner::Cancel(const std::string& attempt_id, v1::ErrorKind kind, const std::string& message) {
  TaskPtr task;
  {
    MutexLock lock(&mu_);
    const auto found = tasks_.find(attempt_id);
    if (found == tasks_.end()) return false;
    task = found->second;
  }
  End(task, v1::CANCELLED, kind, message);
  return true;
}

void TaskRunner::CancelAll(v1::ErrorKind kind, const std::string& message) {
  std::vector<TaskPtr> all;
  {
    MutexLock lock(&mu_);
    for (const auto& [attempt_id, task] : tasks_) all.push_back(task);
  }
  for (const TaskPtr& task : all) End(task, v1::CANCELLED, kind, message);
}

void TaskRunner::Close() {
  MutexLock lock(&mu_);
  closed_ = true;
}

void TaskRunner::WhenIdle(absl::AnyInvocable<void()> callback) {
  {
    MutexLock lock(&mu_);
    if (!tasks_.empty()) {
      when_idle_.push_back(std::move(callback));
      return;
    }
  }
  executor_->Post(std::move(callback));
}

TaskRunner::Where TaskRunner::Find(const std::string& attempt_id) const {
  MutexLock lock(&mu_);
  const auto found = tasks_.find(attempt_id);
  if (found == tasks_.end()) return Where::kNowhere;
  return found->second->holds_slot ? Where::kAtWork : Where::kWaiting;
}

size_t TaskRunner::active() const {
  MutexLock lock(&mu_);
  return tasks_.size();
}

size_t TaskRunner::workers() const {
  MutexLock lock(&mu_);
  return threads_.size();
}

}  // namespace orch::nodeagent

#include "services/nodeagent/tasks/task_runner.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/nodeagent/runner/run_action.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {
namespace {

constexpr char kTooLate[] = "the action did not end within its time";

}  // namespace

TaskRunner::TaskRunner(Options options, const Clock* clock, Executor* executor, actions::NodeState* node,
                       UpdateSink sink)
    : options_(options), clock_(clock), executor_(executor), node_(node), sink_(std::move(sink)) {}

TaskRunner::~TaskRunner() {
  Close();
  CancelAll("shutdown", "the node agent is stopping");
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
  const auto task = std::make_shared<Task>(std::move(spec));
  const bool delayed = task->spec.delay > absl::ZeroDuration();
  {
    MutexLock lock(&mu_);
    if (closed_) return Submitted::kClosed;
    if (queue_.size() >= options_.queue || !tasks_.emplace(task->job_id, task).second) return Submitted::kBusy;
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

void TaskRunner::WakeWorkerLocked() {
  if (idle_workers_ > 0) work_.Signal();
  if (idle_workers_ < queue_.ready() && threads_.size() < options_.workers) StartWorkerLocked();
}

void TaskRunner::ArmStart(const TaskPtr& task) {
  std::weak_ptr<bool> alive = alive_;
  const TimerId timer = executor_->PostAfter(task->spec.delay, [this, alive, task] {
    if (alive.lock() == nullptr) return;
    MutexLock lock(&mu_);
    if (queue_.Join(task)) WakeWorkerLocked();
  });
  MutexLock lock(&mu_);
  task->start_timer = timer;
}

void TaskRunner::ArmDeadline(const TaskPtr& task) {
  const absl::Duration left = std::max(task->spec.deadline - clock_->Steady(), absl::ZeroDuration());
  std::weak_ptr<bool> alive = alive_;
  const TimerId timer = executor_->PostAfter(left, [this, alive, task] {
    if (alive.lock() != nullptr) End(task, v1::FAILED, "timeout", kTooLate);
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
    if (admission == Admission::kRun) RunAction(task);
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
    // What became runnable while this one gave up waiting is still taken.
    if (!woken) return queue_.Take();
  }
}

TaskRunner::Admission TaskRunner::Admit(const TaskPtr& task) {
  if (task->spec.admit == nullptr) return Admission::kRun;
  const auto admit = std::exchange(task->spec.admit, nullptr);
  if (std::optional<v1::TaskUpdate> update = admit(&task->spec)) {
    Emit(task, std::move(*update));
    return Admission::kEnded;
  }
  MutexLock lock(&mu_);
  if (task->cancel.cancelled()) return Admission::kEnded;
  if (queue_.TakeSlot(task)) return Admission::kRun;
  queue_.PutBack(task);  // it was counted before; the worker that frees the slot takes it
  return Admission::kRequeued;
}

void TaskRunner::RunAction(const TaskPtr& task) {
  const TaskSpec& spec = task->spec;
  const absl::Duration start = clock_->Steady();
  if (task->cancel.cancelled() && !task->taken_over) return;  // answered
  if (start >= spec.deadline && !task->taken_over) {
    return Emit(task, EndedUpdate(v1::FAILED, actions::kUnknownError, "timeout", kTooLate));
  }
  if (spec.accept != nullptr) {
    if (const absl::Status accepted = spec.accept(); !accepted.ok()) {
      return Emit(task, EndedUpdate(v1::FAILED, actions::kUnknownError, "journal",
                                    absl::StrCat("not started: ", accepted.message())));
    }
    if (task->cancel.cancelled()) return;
  }
  if (spec.action != nullptr && spec.action->impact == ddl::Impact::kChange) Emit(task, StartedUpdate());
  actions::Context context{
      .clock = clock_, .node = node_, .cancel = &task->cancel, .timeout = spec.deadline - start, .on_output = nullptr};
  if (spec.run_outside != nullptr) return RunOutside(task, context);
  if (!Begin(task, /*outside=*/false)) return;
  if (spec.action->streams) context.on_output = spec.on_output;
  Emit(task, Final(task, nodeagent::RunAction(spec.plugin.get(), *spec.action, spec.request, context), start));
}

bool TaskRunner::Begin(const TaskPtr& task, bool outside) {
  MutexLock lock(&mu_);
  if (task->ended_by.has_value() && !task->outside) return false;  // answered
  (outside ? task->outside : task->running) = true;
  return true;
}

v1::TaskUpdate TaskRunner::Final(const TaskPtr& task, const actions::Reply& reply, absl::Duration start) {
  MutexLock lock(&mu_);
  // What had ended well before it was told to is not undone by that.
  if (task->ended_by.has_value() && reply.status_code != actions::kOk) return *task->ended_by;
  return FinishedUpdate(reply, clock_->Steady() - start, task->spec.no_reply_data);
}

void TaskRunner::RunOutside(const TaskPtr& task, const actions::Context& context) {
  if (!Begin(task, /*outside=*/true)) return;
  const absl::Duration start = clock_->Steady();
  const std::optional<actions::Reply> reply = task->spec.run_outside(context);
  if (!reply.has_value()) {
    MutexLock lock(&task->emit_mu);
    task->answered = true;
    return;
  }
  Emit(task, Final(task, *reply, start));
}

void TaskRunner::Emit(const TaskPtr& task, v1::TaskUpdate update) {
  MutexLock lock(&task->emit_mu);
  if (task->answered) return;
  task->answered = update.kind() != v1::TaskUpdate::STARTED;
  sink_(task->job_id, std::move(update), task->durable);
  if (task->answered && task->after_answer != nullptr) task->after_answer();
}

void TaskRunner::End(const TaskPtr& task, v1::TaskState state, const std::string& error_kind,
                     const std::string& message) {
  v1::TaskUpdate update = EndedUpdate(state, actions::kUnknownError, error_kind, message);
  bool outside, running;
  {
    MutexLock lock(&mu_);
    outside = task->outside;
    running = task->running;
    if (!task->ended_by.has_value()) task->ended_by = update;
  }
  if (!outside && !running) Emit(task, update);
  task->cancel.Cancel();
  if (outside) return;  // its worker ends that process first, and may only now come to it
  if (running) return AnswerFor(task, update);
  {
    MutexLock lock(&mu_);
    if (!queue_.TakeBack(task)) return;  // its worker retires it
  }
  Retire(task);
}

// An action that ends what it started, and returns, answers itself.
void TaskRunner::AnswerFor(const TaskPtr& task, const v1::TaskUpdate& update) {
  v1::TaskUpdate late = update;
  late.mutable_reply()->mutable_status_message()->append("; the action would not end, and may still run");
  std::weak_ptr<bool> alive = alive_;
  executor_->PostAfter(kEndWait, [this, alive, task, late = std::move(late)]() mutable {
    if (alive.lock() != nullptr) Emit(task, std::move(late));
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
    tasks_.erase(task->job_id);
    if (tasks_.empty()) idle.swap(when_idle_);
  }
  for (const TimerId armed : {timer, start_timer}) {
    if (armed != 0) executor_->Cancel(armed);
  }
  for (auto& callback : idle) executor_->Post(std::move(callback));
}

bool TaskRunner::Cancel(const std::string& job_id, const std::string& error_kind, const std::string& message) {
  TaskPtr task;
  {
    MutexLock lock(&mu_);
    const auto found = tasks_.find(job_id);
    if (found == tasks_.end()) return false;
    task = found->second;
  }
  End(task, v1::CANCELLED, error_kind, message);
  return true;
}

void TaskRunner::CancelAll(const std::string& error_kind, const std::string& message) {
  std::vector<TaskPtr> all;
  {
    MutexLock lock(&mu_);
    for (const auto& [job_id, task] : tasks_) all.push_back(task);
  }
  for (const TaskPtr& task : all) End(task, v1::CANCELLED, error_kind, message);
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

TaskRunner::Where TaskRunner::Find(const std::string& job_id) const {
  MutexLock lock(&mu_);
  const auto found = tasks_.find(job_id);
  if (found == tasks_.end()) return Where::kNowhere;
  return found->second->slot.empty() ? Where::kWaiting : Where::kAtWork;
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

#include "services/nodeagent/task_runner.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/nodeagent/runner/run_action.h"
#include "services/nodeagent/task_update.h"

namespace orch::nodeagent {
namespace {

constexpr char kTooLate[] = "the action did not end within its time";

std::string SlotOf(const TaskSpec& spec) {
  if (spec.plugin == nullptr) return spec.job_id;
  return absl::StrCat(spec.request.plugin, ".", spec.plugin->ConcurrencySlot(spec.action->name));
}

}  // namespace

struct TaskRunner::Entry {
  explicit Entry(TaskSpec task) : spec(std::move(task)) {}

  TaskSpec spec;  // belongs to whoever holds the entry: the queue, then its worker
  const std::string job_id = spec.job_id;
  CancelToken cancel;
  const bool durable = spec.durable;
  const std::function<void()> after_answer = spec.answered;
  TimerId timer = 0;        // guarded by TaskRunner::mu_, as the next six
  TimerId start_timer = 0;  // ends its delay
  bool delayed = spec.delay > absl::ZeroDuration();
  const bool taken_over = spec.action == nullptr && spec.run_outside != nullptr;
  bool outside = taken_over;  // its action runs in another process
  std::optional<v1::TaskUpdate> ended_by;  // why it was told to end
  bool retired = false;                    // off the books
  std::string slot;      // "plugin.slot" while it counts there
  Mutex emit_mu;
  bool answered ABSL_GUARDED_BY(emit_mu) = false;
};

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
  auto entry = std::make_shared<Entry>(std::move(spec));
  {
    MutexLock lock(&mu_);
    if (closed_) return Submitted::kClosed;
    if (queue_.size() + delayed_ >= options_.queue || !entries_.emplace(entry->job_id, entry).second) {
      return Submitted::kBusy;
    }
    if (entry->delayed) {
      ++delayed_;
    } else {
      EnqueueLocked(entry);
    }
  }
  if (entry->spec.delay > absl::ZeroDuration()) ArmStart(entry);
  ArmDeadline(entry);
  return Submitted::kAccepted;
}

void TaskRunner::EnqueueLocked(const EntryPtr& entry) {
  queue_.push_back(entry);
  if (idle_workers_ > 0) work_.Signal();
  if (idle_workers_ < queue_.size() && threads_.size() < options_.workers) StartWorkerLocked();
}

void TaskRunner::ArmStart(const EntryPtr& entry) {
  std::weak_ptr<bool> alive = alive_;
  const TimerId timer = executor_->PostAfter(entry->spec.delay, [this, alive, entry] {
    if (alive.lock() == nullptr) return;
    MutexLock lock(&mu_);
    if (!std::exchange(entry->delayed, false)) return;  // taken back
    --delayed_;
    EnqueueLocked(entry);
  });
  MutexLock lock(&mu_);
  entry->start_timer = timer;
}

bool TaskRunner::TakeBackLocked(const EntryPtr& entry) {
  if (std::exchange(entry->delayed, false)) {
    --delayed_;
    return true;
  }
  const auto queued = std::find(queue_.begin(), queue_.end(), entry);
  if (queued == queue_.end()) return false;
  queue_.erase(queued);
  return true;
}

void TaskRunner::ArmDeadline(const EntryPtr& entry) {
  const absl::Duration left = std::max(entry->spec.deadline - clock_->Steady(), absl::ZeroDuration());
  std::weak_ptr<bool> alive = alive_;
  const TimerId timer = executor_->PostAfter(left, [this, alive, entry] {
    if (alive.lock() != nullptr) End(entry, v1::FAILED, "timeout", kTooLate);
  });
  bool retired;
  {
    MutexLock lock(&mu_);
    retired = entry->retired;
    if (!retired) entry->timer = timer;
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
  while (EntryPtr entry = Take()) {
    const Admission admission = Admit(entry);
    if (admission == Admission::kRequeued) continue;
    if (admission == Admission::kRun) RunAction(entry);
    Retire(entry);
  }
  MutexLock lock(&mu_);
  ended_.splice(ended_.end(), threads_, self);
  work_.SignalAll();
}

TaskRunner::EntryPtr TaskRunner::Take() {
  MutexLock lock(&mu_);
  while (true) {
    if (EntryPtr entry = NextLocked()) return entry;
    if (stopping_) return nullptr;
    ++idle_workers_;
    const bool woken = work_.WaitFor(&mu_, absl::ToChronoNanoseconds(kWorkerIdle));
    --idle_workers_;
    // What became runnable while this one gave up waiting is still taken.
    if (!woken) return NextLocked();
  }
}

bool TaskRunner::SlotFreeLocked(const TaskSpec& spec) const {
  if (spec.admit != nullptr) return true;
  if (spec.plugin == nullptr) return true;
  const int limit = spec.plugin->MaxConcurrency(spec.action->name);
  if (limit <= 0) return true;
  const auto found = running_.find(SlotOf(spec));
  return found == running_.end() || found->second < limit;
}

void TaskRunner::TakeSlotLocked(Entry* entry) {
  entry->slot = SlotOf(entry->spec);
  ++running_[entry->slot];
}

TaskRunner::EntryPtr TaskRunner::NextLocked() {
  for (auto place = queue_.begin(); place != queue_.end(); ++place) {
    if (!SlotFreeLocked((*place)->spec)) continue;
    EntryPtr entry = std::move(*place);
    queue_.erase(place);
    if (entry->spec.admit == nullptr) TakeSlotLocked(entry.get());
    return entry;
  }
  return nullptr;
}

TaskRunner::Admission TaskRunner::Admit(const EntryPtr& entry) {
  if (entry->spec.admit == nullptr) return Admission::kRun;
  const auto admit = std::exchange(entry->spec.admit, nullptr);
  if (std::optional<v1::TaskUpdate> update = admit(&entry->spec)) {
    Emit(entry, std::move(*update));
    return Admission::kEnded;
  }
  MutexLock lock(&mu_);
  if (entry->cancel.cancelled()) return Admission::kEnded;
  if (SlotFreeLocked(entry->spec)) {
    TakeSlotLocked(entry.get());
    return Admission::kRun;
  }
  queue_.push_front(entry);  // it was counted before; the worker that frees the slot takes it
  return Admission::kRequeued;
}

void TaskRunner::RunAction(const EntryPtr& entry) {
  const TaskSpec& spec = entry->spec;
  const absl::Duration start = clock_->Steady();
  if (entry->cancel.cancelled() && !entry->taken_over) return;  // answered
  if (start >= spec.deadline && !entry->taken_over) return Emit(entry, EndedUpdate(v1::FAILED, actions::kUnknownError, "timeout", kTooLate));
  if (spec.accept != nullptr) {
    if (const absl::Status accepted = spec.accept(); !accepted.ok()) {
      return Emit(entry, EndedUpdate(v1::FAILED, actions::kUnknownError, "journal",
                                     absl::StrCat("not started: ", accepted.message())));
    }
    if (entry->cancel.cancelled()) return;
  }
  if (spec.action != nullptr && spec.action->impact == ddl::Impact::kChange) Emit(entry, StartedUpdate());
  actions::Context context{.clock = clock_,
                           .node = node_,
                           .cancel = &entry->cancel,
                           .timeout = spec.deadline - start,
                           .on_output = nullptr};
  if (spec.run_outside != nullptr) return RunOutside(entry, context);
  if (spec.action->streams) context.on_output = spec.on_output;
  const actions::Reply reply = nodeagent::RunAction(spec.plugin.get(), *spec.action, spec.request, context);
  Emit(entry, FinishedUpdate(reply, clock_->Steady() - start, spec.no_reply_data));
}

void TaskRunner::RunOutside(const EntryPtr& entry, const actions::Context& context) {
  {
    MutexLock lock(&mu_);
    if (entry->ended_by.has_value() && !entry->outside) return;  // answered
    entry->outside = true;
  }
  const absl::Duration start = clock_->Steady();
  const std::optional<actions::Reply> reply = entry->spec.run_outside(context);
  if (!reply.has_value()) {
    MutexLock lock(&entry->emit_mu);
    entry->answered = true;
    return;
  }
  v1::TaskUpdate update = FinishedUpdate(*reply, clock_->Steady() - start, entry->spec.no_reply_data);
  {
    MutexLock lock(&mu_);
    // What had ended well before it was told to is not undone by that.
    if (entry->ended_by.has_value() && reply->status_code != actions::kOk) update = *entry->ended_by;
  }
  Emit(entry, std::move(update));
}

void TaskRunner::Emit(const EntryPtr& entry, v1::TaskUpdate update) {
  MutexLock lock(&entry->emit_mu);
  if (entry->answered) return;
  entry->answered = update.kind() != v1::TaskUpdate::STARTED;
  sink_(entry->job_id, std::move(update), entry->durable);
  if (entry->answered && entry->after_answer != nullptr) entry->after_answer();
}

void TaskRunner::End(const EntryPtr& entry, v1::TaskState state, const std::string& error_kind,
                     const std::string& message) {
  v1::TaskUpdate update = EndedUpdate(state, actions::kUnknownError, error_kind, message);
  bool outside;
  {
    MutexLock lock(&mu_);
    outside = entry->outside;
    if (!entry->ended_by.has_value()) entry->ended_by = update;
  }
  if (!outside) Emit(entry, std::move(update));
  entry->cancel.Cancel();
  if (outside) return;  // its worker ends that process first, and may only now come to it
  {
    MutexLock lock(&mu_);
    if (!TakeBackLocked(entry)) return;  // its worker retires it
  }
  Retire(entry);
}

void TaskRunner::Retire(const EntryPtr& entry) {
  TimerId timer, start_timer;
  std::vector<absl::AnyInvocable<void()>> idle;
  {
    MutexLock lock(&mu_);
    entry->retired = true;
    timer = entry->timer;
    start_timer = entry->start_timer;
    if (!entry->slot.empty() && --running_[entry->slot] == 0) running_.erase(entry->slot);
    entries_.erase(entry->job_id);
    if (entries_.empty()) idle.swap(when_idle_);
  }
  for (const TimerId armed : {timer, start_timer}) {
    if (armed != 0) executor_->Cancel(armed);
  }
  for (auto& callback : idle) executor_->Post(std::move(callback));
}

bool TaskRunner::Cancel(const std::string& job_id, const std::string& error_kind, const std::string& message) {
  EntryPtr entry;
  {
    MutexLock lock(&mu_);
    const auto found = entries_.find(job_id);
    if (found == entries_.end()) return false;
    entry = found->second;
  }
  End(entry, v1::CANCELLED, error_kind, message);
  return true;
}

void TaskRunner::CancelAll(const std::string& error_kind, const std::string& message) {
  std::vector<EntryPtr> all;
  {
    MutexLock lock(&mu_);
    for (const auto& [job_id, entry] : entries_) all.push_back(entry);
  }
  for (const EntryPtr& entry : all) End(entry, v1::CANCELLED, error_kind, message);
}

void TaskRunner::Close() {
  MutexLock lock(&mu_);
  closed_ = true;
}

void TaskRunner::WhenIdle(absl::AnyInvocable<void()> callback) {
  {
    MutexLock lock(&mu_);
    if (!entries_.empty()) {
      when_idle_.push_back(std::move(callback));
      return;
    }
  }
  executor_->Post(std::move(callback));
}

TaskRunner::Where TaskRunner::Find(const std::string& job_id) const {
  MutexLock lock(&mu_);
  const auto found = entries_.find(job_id);
  if (found == entries_.end()) return Where::kNowhere;
  return found->second->slot.empty() ? Where::kWaiting : Where::kAtWork;
}

size_t TaskRunner::active() const {
  MutexLock lock(&mu_);
  return entries_.size();
}

size_t TaskRunner::workers() const {
  MutexLock lock(&mu_);
  return threads_.size();
}

}  // namespace orch::nodeagent

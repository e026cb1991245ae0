#include "services/hub/nodes/fair_work_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/thread.h"

namespace orch::hub {

// A caller with two parts that may run is in the queue of turns twice.
void FairWorkPool::State::GiveTurnLocked(const std::string& name, const Caller& caller) {
  if (caller.queue.empty() || caller.running >= kThreadsPerCaller) return;
  turns.push_back(name);
  wake.Signal();
}

void FairWorkPool::State::DropIfIdleLocked(const std::string& name) {
  const auto found = callers.find(name);
  if (found == callers.end()) return;
  const Caller& caller = found->second;
  if (caller.places == 0 && caller.running == 0 && caller.queue.empty()) callers.erase(found);
}

FairWorkPool::FairWorkPool() : state_(std::make_shared<State>()) {
  for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Work(); });
}

FairWorkPool::~FairWorkPool() { Stop(); }

absl::StatusOr<WorkPool::Place> FairWorkPool::Enter(absl::string_view caller) {
  MutexLock lock(&state_->mu);
  if (state_->stopping) return absl::UnavailableError("the hub is stopping; try again shortly");
  if (state_->places >= kMaxPlaces) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the hub has ", kMaxPlaces, " questions about its nodes at work, its limit; try again shortly"));
  }
  std::string name(caller);
  Caller& mine = state_->callers[name];
  if (mine.places >= kMaxPlacesPerCaller) {
    return absl::ResourceExhaustedError(absl::StrCat("the hub has ", kMaxPlacesPerCaller, " questions of ", caller,
                                                     " at work, the limit for one caller; wait for some answers"));
  }
  ++mine.places;
  ++state_->places;
  return Place(new std::string(name), [state = state_](const std::string* held) {
    MutexLock unlock(&state->mu);
    --state->places;
    --state->callers.find(*held)->second.places;
    state->DropIfIdleLocked(*held);
    delete held;
  });
}

void FairWorkPool::Run(Place place, Closure part) {
  Closure unrun;  // destroyed after the lock: it may hold a place
  MutexLock lock(&state_->mu);
  if (state_->stopping) {
    unrun = std::move(part);
    return;
  }
  Caller& caller = state_->callers[*place];
  caller.queue.push_back(std::move(part));
  if (caller.queue.size() + caller.running <= kThreadsPerCaller) state_->GiveTurnLocked(*place, caller);
}

Closure FairWorkPool::Take(std::string* name) {
  MutexLock lock(&state_->mu);
  while (true) {
    while (!state_->stopping && state_->turns.empty()) state_->wake.Wait(&state_->mu);
    if (state_->stopping) return nullptr;
    *name = std::move(state_->turns.front());
    state_->turns.pop_front();
    Caller& caller = state_->callers[*name];
    if (caller.queue.empty() || caller.running >= kThreadsPerCaller) continue;
    Closure part = std::move(caller.queue.front());
    caller.queue.pop_front();
    ++caller.running;
    return part;
  }
}

void FairWorkPool::Finished(const std::string& name) {
  MutexLock lock(&state_->mu);
  const auto found = state_->callers.find(name);
  --found->second.running;
  state_->GiveTurnLocked(name, found->second);
  state_->DropIfIdleLocked(name);
}

void FairWorkPool::Work() {
  EnterBackground("questions");
  std::string caller;
  while (Closure part = Take(&caller)) {
    part();
    part = nullptr;
    Finished(caller);
  }
}

void FairWorkPool::Stop() {
  std::map<std::string, std::deque<Closure>> unrun;
  {
    MutexLock lock(&state_->mu);
    state_->stopping = true;
    for (auto& [name, caller] : state_->callers) unrun[name].swap(caller.queue);
    state_->wake.SignalAll();
  }
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

}  // namespace orch::hub

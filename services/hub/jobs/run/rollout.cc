#include "services/hub/jobs/run/rollout.h"

#include <algorithm>
#include <utility>

namespace orch::hub {
namespace {

// `count`, or so many per cent of the tasks, ceiled; 0 when neither is set.
size_t Amount(uint32_t count, uint32_t percent, size_t tasks) {
  return percent > 0 ? std::max<size_t>(1, (tasks * percent + 99) / 100) : count;
}

}  // namespace

Rollout::Rollout(const v1::JobSpec& spec, size_t tasks, std::vector<uint32_t> groups)
    : window_(Amount(spec.concurrency(), spec.concurrency_percent(), tasks)),
      max_failures_(Amount(spec.max_failures(), spec.max_failures_percent(), tasks)),
      group_window_(spec.group_concurrency()),
      groups_at_once_(spec.groups_at_once()),
      retries_(spec.retries()),
      retry_sleep_(absl::Milliseconds(spec.retry_sleep_ms())),
      batch_(Amount(spec.batch_size(), spec.batch_percent(), tasks)),
      batch_sleep_(absl::Milliseconds(spec.batch_sleep_ms())),
      canary_continue_(spec.canary_continue()),
      tasks_(tasks),
      unreleased_(tasks) {
  for (uint32_t i = 0; i < tasks; ++i) {
    const uint32_t group = groups.empty() ? 0 : groups[i];
    if (group >= groups_.size()) groups_.resize(group + 1);
    tasks_[i].group = group;
    groups_[group].tasks.push_back(i);
    ++groups_[group].left;
  }
  for (uint32_t group = 0; group < groups_.size(); ++group) {
    groups_[group].queued = true;
    inactive_.push_back(group);
  }
  gate_ = batch_ > 0 ? batch_ : tasks;
  if (spec.canary() > 0 && spec.canary() < tasks) {
    stage_ = Stage::kCanary;
    gate_ = spec.canary();
  }
}

bool Rollout::HasWork(const Group& group, Lane lane) const {
  return lane == kAgain ? !group.again.empty() : group.next < group.tasks.size();
}

void Rollout::Offer(uint32_t index) {
  Group& group = groups_[index];
  if (!group.active || !HasRoom(group)) return;
  for (const Lane lane : {kAgain, kFirst}) {
    if (group.offered[lane] || !HasWork(group, lane)) continue;
    group.offered[lane] = true;
    lanes_[lane].push_back(index);
  }
}

void Rollout::Activate() {
  while (!inactive_.empty() && (groups_at_once_ == 0 || active_groups_ < groups_at_once_)) {
    const uint32_t index = inactive_.front();
    inactive_.pop_front();
    groups_[index].queued = false;
    if (groups_[index].left == 0) continue;
    groups_[index].active = true;
    ++active_groups_;
    Offer(index);
  }
}

Rollout::Group* Rollout::Pick(Lane lane) {
  std::deque<uint32_t>& offered = lanes_[lane];
  while (!offered.empty()) {
    Group& group = groups_[offered.front()];
    if (group.active && HasRoom(group) && HasWork(group, lane)) return &group;
    group.offered[lane] = false;
    offered.pop_front();
  }
  return nullptr;
}

Rollout::Turn Rollout::Next(absl::Duration now) {
  TakeUpDue(now);
  if (paused() || stopped()) return Turn{};
  if (window_ > 0 && open_ >= window_) return Turn{};
  Activate();
  if (Group* const group = Pick(kAgain)) {
    const uint32_t task = group->again.front();
    group->again.pop_front();
    if (!std::exchange(tasks_[task].returned, false)) --to_repeat_;
    return Release(task);
  }
  if (released_ >= gate_) return AtGate(now);
  if (Group* const group = Pick(kFirst)) {
    ++released_;
    --unreleased_;
    tasks_[group->tasks[group->next]].counted = true;
    return Release(group->tasks[group->next++]);
  }
  return SleepOrBlocked();
}

Rollout::Turn Rollout::Release(uint32_t task) {
  ++open_;
  ++groups_[tasks_[task].group].open;
  return {Turn::kRelease, task, {}};
}

Rollout::Turn Rollout::AtGate(absl::Duration now) {
  if (unreleased_ == 0 || open_ > 0 || to_repeat_ > 0) return SleepOrBlocked();
  if (stage_ == Stage::kCanary) {
    stage_ = Stage::kMain;
    canaries_done_ = true;
    gate_ = batch_ > 0 ? gate_ + batch_ : tasks_.size();
    if (!canary_continue_) {
      Pause(kPausedByCanary);
      return Turn{};
    }
    return Next(now);
  }
  if (sleep_until_ == absl::InfiniteDuration()) sleep_until_ = now + batch_sleep_;
  if (now < sleep_until_) return SleepOrBlocked();
  sleep_until_ = absl::InfiniteDuration();
  gate_ += batch_;
  return Next(now);
}

Rollout::Turn Rollout::SleepOrBlocked() const {
  Turn turn;
  turn.until = sleep_until_;
  if (!repeats_.empty()) turn.until = std::min(turn.until, repeats_.begin()->first);
  if (turn.until != absl::InfiniteDuration()) turn.kind = Turn::kSleep;
  return turn;
}

void Rollout::TakeUpDue(absl::Duration now) {
  while (!repeats_.empty() && repeats_.begin()->first <= now) {
    const uint32_t task = repeats_.begin()->second;
    repeats_.erase(repeats_.begin());
    groups_[tasks_[task].group].again.push_back(task);
    Offer(tasks_[task].group);
  }
}

void Rollout::CloseSlot(const Entry& entry) {
  --open_;
  --groups_[entry.group].open;
}

void Rollout::LeaveGroup(const Entry& entry) {
  Group& group = groups_[entry.group];
  if (--group.left > 0 || !group.active) return;
  group.active = false;
  --active_groups_;
}

void Rollout::DropRepeat(uint32_t task) {
  if (!std::exchange(tasks_[task].returned, false)) --to_repeat_;
  std::deque<uint32_t>& again = groups_[tasks_[task].group].again;
  again.erase(std::remove(again.begin(), again.end(), task), again.end());
  for (auto repeat = repeats_.begin(); repeat != repeats_.end(); ++repeat) {
    if (repeat->second != task) continue;
    repeats_.erase(repeat);
    return;
  }
}

void Rollout::OnSetAside(size_t task, absl::Duration now) {
  CloseSlot(tasks_[task]);
  ++to_repeat_;
  repeats_.emplace(now + retry_sleep_, static_cast<uint32_t>(task));
  Offer(tasks_[task].group);
}

void Rollout::OnOver(size_t task, Standing from, End end) {
  const Entry& entry = tasks_[task];
  if (from == Standing::kReleased) CloseSlot(entry);
  if (from == Standing::kReturned || from == Standing::kToRepeat) DropRepeat(static_cast<uint32_t>(task));
  // A node that turns out to be no target tells nothing of the change: another takes its place.
  if (end == End::kDeclined && stage_ == Stage::kCanary && entry.counted) ++gate_;
  if (from != Standing::kAway) LeaveGroup(entry);
  Offer(entry.group);
  if (end == End::kFailed || end == End::kCancelled) CountFailure();
}

void Rollout::CountFailure() {
  ++failures_;
  if (stage_ == Stage::kCanary) Stop(v1::STOP_REASON_CANARY);
  if (max_failures_ > 0 && failures_ >= max_failures_) Stop(v1::STOP_REASON_MAX_FAILURES);
}

void Rollout::OnAway(size_t task) {
  Entry& entry = tasks_[task];
  CloseSlot(entry);
  if (stage_ == Stage::kCanary && entry.counted) ++gate_;
  entry.counted = false;
  LeaveGroup(entry);
  Offer(entry.group);
}

void Rollout::OnReturn(size_t task, absl::Duration now) {
  Entry& entry = tasks_[task];
  entry.returned = true;
  repeats_.emplace(now, static_cast<uint32_t>(task));
  Group& group = groups_[entry.group];
  ++group.left;
  if (group.active || group.queued) return;
  group.queued = true;
  inactive_.push_back(entry.group);
}

void Rollout::RestoreSent(size_t task) {
  Entry& entry = tasks_[task];
  ++released_;
  --unreleased_;
  entry.restored = true;
  entry.counted = true;
  ++open_;
  ++groups_[entry.group].open;
}

void Rollout::RestoreSetAside(size_t task, absl::Duration now) {
  RestoreSent(task);
  OnAway(task);
  OnReturn(task, now);
}

void Rollout::RestoreOver(size_t task, End end) {
  RestoreSent(task);
  CloseSlot(tasks_[task]);
  --groups_[tasks_[task].group].left;
  if (end == End::kDeclined && stage_ == Stage::kCanary) ++gate_;
  if (end == End::kFailed || end == End::kCancelled) ++failures_;
}

void Rollout::RestoreStage(RolloutStage stage) {
  for (Group& group : groups_) {
    std::erase_if(group.tasks, [this](uint32_t task) { return tasks_[task].restored; });
  }
  if (stage_ == Stage::kCanary && failures_ > 0) Stop(v1::STOP_REASON_CANARY);
  if (max_failures_ > 0 && failures_ >= max_failures_) Stop(v1::STOP_REASON_MAX_FAILURES);
  if (stage_ == Stage::kCanary && stage == RolloutStage::kMain) {
    stage_ = Stage::kMain;
    canaries_done_ = true;
    gate_ = batch_ > 0 ? gate_ : tasks_.size();
  }
  while (stage_ == Stage::kMain && gate_ < released_) gate_ += batch_;
}

void Rollout::Pause(absl::string_view because) {
  if (paused_because_.empty()) paused_because_ = std::string(because);
}

void Rollout::Resume() { paused_because_.clear(); }

void Rollout::Stop(v1::StopReason reason) {
  if (!stopped()) stopped_ = reason;
}

}  // namespace orch::hub

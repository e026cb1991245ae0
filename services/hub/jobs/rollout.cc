#include "services/hub/jobs/rollout.h"

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

bool Rollout::waits(size_t task) const {
  const State state = tasks_[task].state;
  return state == State::kWaiting || state == State::kRepeat || state == State::kAway;
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
  Entry& entry = tasks_[task];
  entry.state = State::kOpen;
  ++entry.attempt;
  ++open_;
  ++groups_[entry.group].open;
  return {Turn::kRelease, task, {}};
}

Rollout::Turn Rollout::AtGate(absl::Duration now) {
  if (unreleased_ == 0 || open_ > 0 || to_repeat_ > 0) return SleepOrBlocked();
  if (stage_ == Stage::kCanary) {
    stage_ = Stage::kMain;
    canaries_done_ = true;
    gate_ = batch_ > 0 ? gate_ + batch_ : tasks_.size();
    if (!canary_continue_) {
      Pause("canary");
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

void Rollout::LeaveGroup(Entry* entry) {
  Group& group = groups_[entry->group];
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

bool Rollout::OnEnd(size_t task, End end, absl::Duration now) {
  Entry& entry = tasks_[task];
  const bool was_open = entry.state == State::kOpen;
  if (was_open) {
    --open_;
    --groups_[entry.group].open;
  } else if (entry.state == State::kRepeat) {
    DropRepeat(static_cast<uint32_t>(task));
  }
  if (was_open && end == End::kFailed && entry.attempt <= retries_ && !stopped()) {
    entry.state = State::kRepeat;
    ++to_repeat_;
    repeats_.emplace(now + retry_sleep_, static_cast<uint32_t>(task));
    Offer(entry.group);
    return true;
  }
  // A node that turns out to be no target tells nothing of the change: another takes its place.
  if (end == End::kFiltered && stage_ == Stage::kCanary && entry.counted) ++gate_;
  if (entry.state != State::kAway) LeaveGroup(&entry);
  entry.state = State::kOver;
  Offer(entry.group);
  if (end == End::kOk || end == End::kFiltered) return false;
  ++failures_;
  if (stage_ == Stage::kCanary) Stop("canary");
  if (max_failures_ > 0 && failures_ >= max_failures_) Stop("max-failures");
  return false;
}

void Rollout::OnAway(size_t task) {
  Entry& entry = tasks_[task];
  if (entry.state != State::kOpen) return;
  --open_;
  --groups_[entry.group].open;
  --entry.attempt;  // nothing was sent
  if (stage_ == Stage::kCanary && entry.counted) ++gate_;
  entry.counted = false;
  entry.state = State::kAway;
  LeaveGroup(&entry);
  Offer(entry.group);
}

void Rollout::OnBack(size_t task, absl::Duration now) {
  Entry& entry = tasks_[task];
  if (entry.state != State::kAway) return;
  entry.state = State::kRepeat;
  entry.returned = true;
  repeats_.emplace(now, static_cast<uint32_t>(task));
  Group& group = groups_[entry.group];
  ++group.left;
  if (group.active || group.queued) return;
  group.queued = true;
  inactive_.push_back(entry.group);
}

void Rollout::Restore(size_t task, uint32_t attempt, bool over, End end) {
  Entry& entry = tasks_[task];
  Group& group = groups_[entry.group];
  ++released_;
  --unreleased_;
  entry.counted = true;
  entry.attempt = static_cast<uint16_t>(attempt);
  if (!over) {
    entry.state = State::kOpen;
    ++open_;
    ++group.open;
    return;
  }
  entry.state = State::kOver;
  --group.left;
  if (end == End::kFiltered && stage_ == Stage::kCanary) ++gate_;
  if (end != End::kOk && end != End::kFiltered) ++failures_;
}

void Rollout::RestoreStage(absl::string_view stage) {
  for (Group& group : groups_) {
    const auto released = [this](uint32_t task) { return tasks_[task].state != State::kWaiting; };
    group.tasks.erase(std::remove_if(group.tasks.begin(), group.tasks.end(), released), group.tasks.end());
  }
  if (stage_ == Stage::kCanary && failures_ > 0) Stop("canary");
  if (max_failures_ > 0 && failures_ >= max_failures_) Stop("max-failures");
  if (stage_ == Stage::kCanary && stage == "main") {
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

void Rollout::Stop(absl::string_view reason) {
  if (stopped_.empty()) stopped_ = std::string(reason);
}

}  // namespace orch::hub

// When each task of a job may be released: batches, a sliding window, canaries, groups, a budget of
// failures, repeats. Pure: asked what is next, told of ends, given the time (steady); keeps no
// timer. Every step is O(1) in the number of tasks. Owned by the job, on the hub's loop.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orch/v1/job.pb.h"

namespace orch::hub {

class Rollout {
 public:
  // `groups`: the group of each task, numbered from 0 without holes; empty: all are one group.
  Rollout(const v1::JobSpec& spec, size_t tasks, std::vector<uint32_t> groups = {});

  struct Turn {
    enum Kind {
      kRelease,  // `task` is released: the caller sends it now
      kSleep,    // nothing before `until`, unless a task ends
      kBlocked,  // nothing until a task ends, comes back, or somebody resumes
    };
    Kind kind = kBlocked;
    size_t task = 0;
    absl::Duration until;
  };
  Turn Next(absl::Duration now);

  enum class End { kOk, kFailed, kCancelled, kFiltered };
  // How a task that was released, waits for its repeat or is away ended. True: it is released once more later, and this
  // was not its outcome. What is not OK counts against the budget; cancelled ones are not repeated.
  bool OnEnd(size_t task, End end, absl::Duration now);
  // The node of a released task is away: its slot is given back and nobody waits for it.
  void OnAway(size_t task);
  // It is there again: the task gets its turn before new ones.
  void OnBack(size_t task, absl::Duration now);

  // What an earlier life of the hub had done, one task after another in any order, before Next.
  void Restore(size_t task, uint32_t attempt, bool over, End end);
  // After the last Restore. `stage` as it was.
  void RestoreStage(absl::string_view stage);
  // "main" once the canaries are done, "" before and without canaries.
  std::string stage() const { return canaries_done_ ? "main" : ""; }

  void Pause(absl::string_view because);
  void Resume();
  // From now on releases nothing; `reason` as in JobSummary.ended_early. The first one stays.
  void Stop(absl::string_view reason);

  bool paused() const { return !paused_because_.empty(); }
  const std::string& paused_because() const { return paused_because_; }  // "canary", or as given to Pause
  bool stopped() const { return !stopped_.empty(); }
  const std::string& stop_reason() const { return stopped_; }
  // 1 from the first release on; 0 before.
  uint32_t attempt(size_t task) const { return tasks_[task].attempt; }
  // Waits for a release: not yet released, away, or to be repeated.
  bool waits(size_t task) const;
  size_t open() const { return open_; }

 private:
  enum class State : uint8_t { kWaiting, kOpen, kRepeat, kAway, kOver };
  enum class Stage : uint8_t { kCanary, kMain };
  struct Entry {
    uint32_t group = 0;
    uint16_t attempt = 0;
    State state = State::kWaiting;
    bool counted = false;   // against the gate
    bool returned = false;  // came back: no stage waits for it
  };
  struct Group {
    std::vector<uint32_t> tasks;  // in the order of release
    size_t next = 0;              // first not yet released
    std::deque<uint32_t> again;   // repeats whose time has come
    uint32_t open = 0;
    uint32_t left = 0;  // neither over nor away
    bool active = false;
    bool queued = false;               // to be activated
    bool offered[2] = {false, false};  // in lanes_
  };
  enum Lane { kAgain, kFirst };

  bool HasRoom(const Group& group) const { return group_window_ == 0 || group.open < group_window_; }
  bool HasWork(const Group& group, Lane lane) const;
  void Offer(uint32_t group);
  void Activate();
  void LeaveGroup(Entry* entry);
  Group* Pick(Lane lane);
  Turn Release(uint32_t task);
  // Nothing fits through the gate: opens it when its stage is over.
  Turn AtGate(absl::Duration now);
  void TakeUpDue(absl::Duration now);
  void DropRepeat(uint32_t task);
  Turn SleepOrBlocked() const;

  const size_t window_;          // 0: none
  const size_t max_failures_;    // 0: none
  const size_t group_window_;    // 0: none
  const size_t groups_at_once_;  // 0: all
  const uint32_t retries_;
  const absl::Duration retry_sleep_;
  const size_t batch_;
  const absl::Duration batch_sleep_;
  const bool canary_continue_;

  std::vector<Entry> tasks_;
  std::vector<Group> groups_;
  std::deque<uint32_t> inactive_;                          // groups that wait for their turn
  std::deque<uint32_t> lanes_[2];                          // active groups with work
  std::set<std::pair<absl::Duration, uint32_t>> repeats_;  // by due time
  Stage stage_ = Stage::kMain;
  bool canaries_done_ = false;
  size_t gate_ = 0;        // first releases allowed so far
  size_t released_ = 0;    // first releases done
  size_t unreleased_ = 0;  // tasks never released
  size_t open_ = 0;
  size_t to_repeat_ = 0;  // without those that came back
  size_t active_groups_ = 0;
  size_t failures_ = 0;
  absl::Duration sleep_until_ = absl::InfiniteDuration();
  std::string paused_because_;
  std::string stopped_;
};

}  // namespace orch::hub

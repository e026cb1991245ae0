// When each task of a job may be released: batches, a sliding window, canaries, groups, a budget of failures, repeats.
// Pure: it is asked what is next and is told the moves that the table of tasks has made; it is given the time (steady)
// and keeps no timer, no state and no attempt of a task. Every step is O(1) in the number of tasks. Owned by the run,
// on the hub's loop.
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
#include "services/hub/jobs/run/rollout_stage.h"
#include "services/hub/jobs/run/task_table.h"

namespace orch::hub {

// Why a rollout is paused when its canaries have succeeded; any other reason is a person's.
inline constexpr absl::string_view kPausedByCanary = "canary";
// Why it is paused until others have approved the job; only they may resume it.
inline constexpr absl::string_view kAwaitsApproval = "approval";

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

  // Whether an attempt that failed is followed by another.
  bool Repeats(uint32_t attempt) const { return attempt <= retries_ && !stopped(); }

  enum class End { kOk, kFailed, kCancelled, kDeclined };
  // The task is over; it stood at `from`. An end that is neither OK nor declined counts against the budget of failures.
  void OnOver(size_t task, Standing from, End end);
  // The released task failed and is released once more, after the pause between attempts.
  void OnSetAside(size_t task, absl::Duration now);
  // The node of the released task is away: its slot is given back, and no stage waits for it.
  void OnAway(size_t task);
  // The node has attached: the task gets its turn before new ones.
  void OnReturn(size_t task, absl::Duration now);

  // What a previous hub process had done, one call a task in any order, before the first Next: the task was over; its
  // command was sent; it is to be repeated.
  void RestoreOver(size_t task, End end);
  void RestoreSent(size_t task);
  void RestoreSetAside(size_t task, absl::Duration now);
  // After the last of these. `stage` as it was.
  void RestoreStage(RolloutStage stage);
  RolloutStage stage() const { return canaries_done_ ? RolloutStage::kMain : RolloutStage::kFirst; }

  void Pause(absl::string_view because);
  void Resume();
  // Releases nothing from now on. The first reason stays.
  void Stop(v1::StopReason reason);

  bool paused() const { return !paused_because_.empty(); }
  bool awaits_approval() const { return paused_because_ == kAwaitsApproval; }
  const std::string& paused_because() const { return paused_because_; }  // kPausedByCanary, or as given to Pause
  bool stopped() const { return stopped_ != v1::STOP_REASON_UNSPECIFIED; }
  v1::StopReason stop_reason() const { return stopped_; }
  size_t open() const { return open_; }  // released, without an end

 private:
  enum class Stage : uint8_t { kCanary, kMain };
  struct Entry {
    uint32_t group = 0;
    bool restored = false;  // a previous hub process released it
    bool counted = false;   // against the gate
    bool returned = false;  // its node came back: no stage waits for it
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
  void LeaveGroup(const Entry& entry);
  Group* Pick(Lane lane);
  Turn Release(uint32_t task);
  // Every task up to the gate is released: moves the gate on when the stage is over.
  Turn AtGate(absl::Duration now);
  void TakeUpDue(absl::Duration now);
  void CloseSlot(const Entry& entry);
  void DropRepeat(uint32_t task);
  void CountFailure();
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
  v1::StopReason stopped_ = v1::STOP_REASON_UNSPECIFIED;
};

}  // namespace orch::hub

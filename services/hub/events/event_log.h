// What happened to nodes and jobs of late, for clients that watch: a ring of the newest events, and
// watchers that each read it at their own pace. A cursor "STORE:NUMBER" names an event; numbers never
// mean another event after a restart. Who is slower than the ring is told of a gap. On the hub's loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/door/response_sink.h"

namespace orch::hub {

inline constexpr size_t kMaxEvents = 10'000;            // kept for those who come back
inline constexpr char kFirstEvent[] = "first";          // as a cursor: before the oldest that is kept
inline constexpr size_t kMaxEventSpecBytes = 4u << 10;  // a job's longer target is left out
inline constexpr absl::Duration kProgressEvery = absl::Seconds(1);

// What says which job it is; not what it was given.
v1::JobSpec StripForEvent(v1::JobSpec spec);

class EventLog {
 public:
  using Event = v1::WatchEventsResponse;
  using Sink = ResponseSink<Event>;
  using WatchId = uint64_t;

  // `store_id`, `starts`: of the job store; they make cursors of other stores and lives tell apart.
  EventLog(const Clock* clock, std::string store_id, uint64_t starts);

  void OnNode(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note = "");
  // `job` (stripped) is asked only for an event that is told: progress of one job at most each
  // kProgressEvery.
  void OnJob(Event::Kind kind, absl::string_view job_id, const std::function<v1::Job()>& job);

  // InvalidArgument for a cursor that is none of this store; then the sink was not used. What came
  // after the cursor is told first, with kFirstEvent all that is kept; without one only what comes. Once
  // the watch has caught up it is told so: a message without a kind, with the cursor to go on from.
  absl::StatusOr<WatchId> Add(const v1::WatchEventsRequest& request, std::shared_ptr<Sink> sink);
  void Remove(WatchId watch) { watchers_.erase(watch); }
  // The client's queue has run empty: it can be told more.
  void OnDrained(WatchId watch);
  // Ends every watch with this.
  void EndAll(const absl::Status& status);

 private:
  struct Watcher {
    std::shared_ptr<Sink> sink;
    uint64_t next = 0;  // number of the first event not told
    bool nodes = true;
    bool jobs = true;
    bool gap_of_unknown_size = false;
    bool caught_up = false;  // and told so
  };

  void Append(Event event);
  // Tells as much as there is room for.
  void Pump(Watcher* watcher);
  bool TellGap(Watcher* watcher);
  void TellCaughtUp(Watcher* watcher);
  uint64_t last() const { return first_ + events_.size() - 1; }
  std::string CursorOf(uint64_t number) const;
  absl::Status ReadCursor(absl::string_view cursor, Watcher* watcher) const;

  const Clock* const clock_;
  const std::string store_id_;
  const uint64_t base_;  // numbers of this start of the hub are larger
  std::deque<Event> events_;
  uint64_t first_;  // number of the oldest kept, or of the next if none is
  absl::flat_hash_map<std::string, absl::Duration> progress_told_;  // by job that runs, steady
  WatchId next_id_ = 1;
  std::map<WatchId, Watcher> watchers_;
};

}  // namespace orch::hub

// Recent events about nodes and jobs, for clients that watch: a ring of the newest events, and watchers that each read
// it at their own pace. A cursor "STORE:NUMBER" names an event; after a restart a number never means another event. A
// watcher that is slower than the ring is told about the gap. Owned by the hub; its loop only.
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

inline constexpr size_t kMaxEvents = 10'000;            // kept for clients that come back
inline constexpr char kFirstEvent[] = "first";          // as a cursor: before the oldest event that is kept
inline constexpr size_t kMaxEventSpecBytes = 4u << 10;  // the target of a job is left out when it is longer
inline constexpr absl::Duration kProgressEvery = absl::Seconds(1);

// The part of the spec that identifies the job, without its inputs.
v1::JobSpec StripForEvent(v1::JobSpec spec);

class EventLog {
 public:
  using Event = v1::WatchEventsResponse;
  using Sink = ResponseSink<Event>;
  using WatchId = uint64_t;

  // `store_id`, `starts`: the values of the job store. They tell the cursors of this hub process from those of other
  // stores and previous processes.
  EventLog(const Clock* clock, std::string store_id, uint64_t starts);

  void OnNode(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note = "");
  // Something that a person should look at. `identity`: the node it is about; may be empty.
  void OnAlarm(absl::string_view identity, absl::string_view note);
  // Calls `job` (which returns a stripped job) only for an event that is told: the progress of a job is told at most
  // once in kProgressEvery.
  void OnJob(Event::Kind kind, absl::string_view job_id, const std::function<v1::Job()>& job);

  // Begins with the events after the cursor, with kFirstEvent with all that are kept, and without a cursor with the
  // next event. InvalidArgument for a cursor that is not of this store; then the sink was not used. A watch that has
  // caught up gets a message without a kind, with the cursor from which it can continue.
  // `wanted`: whether the client may be told an event; null: every one.
  using Wanted = std::function<bool(const Event&)>;
  absl::StatusOr<WatchId> Add(const v1::WatchEventsRequest& request, std::shared_ptr<Sink> sink,
                              Wanted wanted = nullptr);
  void Remove(WatchId watch) { watchers_.erase(watch); }
  // The client's queue is empty again: it can be told more.
  void OnDrained(WatchId watch);
  // Ends every watch with `status`.
  void EndAll(const absl::Status& status);

 private:
  struct Watcher {
    std::shared_ptr<Sink> sink;
    uint64_t next = 0;  // number of the first event that was not told
    Wanted wanted;      // null: every event
    bool nodes = true;
    bool jobs = true;
    bool gap_of_unknown_size = false;
    bool caught_up = false;  // and the client was told so
  };

  void Append(Event event);
  // Tells as many events as there is room for.
  void Pump(Watcher* watcher);
  bool TellGap(Watcher* watcher);
  void TellCaughtUp(Watcher* watcher);
  uint64_t last() const { return first_ + events_.size() - 1; }
  std::string CursorOf(uint64_t number) const;
  absl::Status ReadCursor(absl::string_view cursor, Watcher* watcher) const;

  const Clock* const clock_;
  const std::string store_id_;
  const uint64_t base_;  // all numbers of this hub process are larger
  std::deque<Event> events_;
  uint64_t first_;  // number of the oldest event that is kept, or of the next event if none is kept
  absl::flat_hash_map<std::string, absl::Duration> progress_told_;  // by running job, steady
  WatchId next_id_ = 1;
  std::map<WatchId, Watcher> watchers_;
};

}  // namespace orch::hub

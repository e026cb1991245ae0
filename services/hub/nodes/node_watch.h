// Tells clients about nodes that come, go and change. A client that is too slow loses events and is told how many; it
// never delays anybody else. Whether a node matches a client's target is found off the loop, at once for all events
// that came in the meantime. Owned by the hub; its loop only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/door/response_sink.h"
#include "services/hub/nodes/questions.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

class NodeWatch {
 public:
  using Sink = ResponseSink<v1::WatchNodesResponse>;
  using WatchId = uint64_t;
  // Limit of one client's events whose nodes are not yet matched; further events are dropped.
  static constexpr size_t kMaxPending = 20'000;
  // When the pool has no room, the question is repeated after this.
  static constexpr absl::Duration kAskAgainAfter = absl::Milliseconds(200);

  NodeWatch(const Registry* registry, Questions* questions, Executor* loop, const Clock* clock)
      : registry_(registry), questions_(questions), loop_(loop), clock_(clock) {}

  // `present_first`: begins with the nodes that are present.
  WatchId Add(TargetQuery query, std::string caller, bool present_first, std::shared_ptr<Sink> sink);
  void Remove(WatchId watch) { watchers_.erase(watch); }
  // The client's queue is empty again: it can be told how many events were dropped.
  void OnDrained(WatchId watch);
  // Is told about every event, before any client.
  using Listener =
      std::function<void(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note)>;
  void SetListener(Listener listener) { listener_ = std::move(listener); }
  // `note`: the reason, for the listener.
  void Notify(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note = "");
  // Ends every watch with `status`.
  void EndAll(const absl::Status& status);
  size_t size() const { return watchers_.size(); }

 private:
  struct Event {
    v1::WatchNodesResponse::Kind kind;
    std::string identity;
    Slot slot;
    int64_t time_us;
    std::shared_ptr<const FleetSnapshot> before;  // for a node that is being forgotten: the last snapshot with the node
  };
  using Verdicts = std::vector<bool>;  // for each event, whether the client is told
  struct Watcher {
    std::shared_ptr<const TargetQuery> query;
    std::string caller;
    std::shared_ptr<Sink> sink;
    bool takes_all = false;  // its target is every node
    bool asking = false;     // a question is on its way
    std::vector<Event> pending;
    uint32_t dropped = 0;
  };

  void TellPresent(WatchId id, Watcher* watcher);
  // Asks which pending events concern this client, unless a question is already on its way.
  void AskPending(WatchId id, Watcher* watcher);
  void AskLater(WatchId id);
  void OnMatched(WatchId id, const std::vector<Event>& events, const absl::StatusOr<Verdicts>& verdicts);
  static absl::StatusOr<Verdicts> Judge(const TargetQuery& query, const std::vector<Event>& events,
                                        const FleetSnapshot& fleet, StepBudget* budget);
  void Send(Watcher* watcher, const Event& event);
  bool TellDropped(Watcher* watcher);

  const Registry* const registry_;
  Questions* const questions_;
  Executor* const loop_;
  const Clock* const clock_;
  Listener listener_;
  WatchId next_id_ = 1;
  std::map<WatchId, Watcher> watchers_;
};

}  // namespace orch::hub

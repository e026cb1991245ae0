// Tells clients of nodes that come, go and change. A client that is too slow loses events, is told
// how many, and never holds anybody up. On the hub's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/door/response_sink.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

class NodeWatch {
 public:
  using Sink = ResponseSink<v1::WatchNodesResponse>;
  using WatchId = uint64_t;

  NodeWatch(const Registry* registry, const Clock* clock) : registry_(registry), clock_(clock) {}

  // Present nodes first when asked.
  WatchId Add(TargetQuery query, bool present_first, std::shared_ptr<Sink> sink);
  void Remove(WatchId watch) { watchers_.erase(watch); }
  // The client's queue has run empty: what was dropped can be told.
  void OnDrained(WatchId watch);
  // Told of everything, before any client.
  using Listener =
      std::function<void(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note)>;
  void SetListener(Listener listener) { listener_ = std::move(listener); }
  // `note`: why, for the listener.
  void Notify(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note = "");
  // Ends every watch with this.
  void EndAll(const absl::Status& status);
  size_t size() const { return watchers_.size(); }

 private:
  struct Watcher {
    TargetQuery query;
    std::shared_ptr<Sink> sink;
    uint32_t dropped = 0;
  };

  void Send(Watcher* watcher, v1::WatchNodesResponse::Kind kind, absl::string_view identity);
  bool TellDropped(Watcher* watcher);

  const Registry* const registry_;
  const Clock* const clock_;
  Listener listener_;
  WatchId next_id_ = 1;
  std::map<WatchId, Watcher> watchers_;
};

}  // namespace orch::hub

#include "services/hub/nodes/node_watch.h"

#include <utility>

namespace orch::hub {

NodeWatch::WatchId NodeWatch::Add(TargetQuery query, bool present_first, std::shared_ptr<Sink> sink) {
  const WatchId id = next_id_++;
  Watcher& watcher = watchers_[id];
  watcher.query = std::move(query);
  watcher.sink = std::move(sink);
  if (present_first) {
    ChooseOptions options;
    options.sorted = true;
    for (const Slot slot : Choose(watcher.query, *registry_, options).nodes) {
      Send(&watcher, v1::WatchNodesResponse::PRESENT, registry_->At(slot).identity);
    }
    Send(&watcher, v1::WatchNodesResponse::PRESENT_END, "");
  }
  return id;
}

void NodeWatch::Notify(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note) {
  if (listener_) listener_(kind, identity, note);
  if (watchers_.empty()) return;
  const NodeRecord* record = registry_->Find(identity);
  if (record == nullptr) return;
  for (auto& [id, watcher] : watchers_) {
    if (Fits(watcher.query, *registry_, record->slot)) Send(&watcher, kind, identity);
  }
}

void NodeWatch::OnDrained(WatchId watch) {
  const auto found = watchers_.find(watch);
  if (found != watchers_.end()) TellDropped(&found->second);
}

bool NodeWatch::TellDropped(Watcher* watcher) {
  if (watcher->dropped == 0) return true;
  v1::WatchNodesResponse event;
  event.set_kind(v1::WatchNodesResponse::DROPPED);
  event.set_time_us(absl::ToUnixMicros(clock_->Now()));
  event.set_dropped(watcher->dropped);
  if (!watcher->sink->TryPush(std::move(event))) return false;
  watcher->dropped = 0;
  return true;
}

void NodeWatch::Send(Watcher* watcher, v1::WatchNodesResponse::Kind kind, absl::string_view identity) {
  v1::WatchNodesResponse event;
  event.set_kind(kind);
  event.set_identity(std::string(identity));
  event.set_time_us(absl::ToUnixMicros(clock_->Now()));
  if (!TellDropped(watcher) || !watcher->sink->TryPush(std::move(event))) ++watcher->dropped;
}

void NodeWatch::EndAll(const absl::Status& status) {
  for (auto& [id, watcher] : watchers_) watcher.sink->End(status);
  watchers_.clear();
}

}  // namespace orch::hub

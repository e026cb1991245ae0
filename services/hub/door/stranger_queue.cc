#include "services/hub/door/stranger_queue.h"

#include <utility>

namespace orch::hub {

void StrangerQueue::OnSpoke(Connection* stranger) {
  if (!std::exchange(stranger->queued, true)) spoke_.push_back(stranger->id);
}

Connection* StrangerQueue::Next() {
  while (!spoke_.empty()) {
    Connection* const stranger = connections_->Find(spoke_.front());
    spoke_.pop_front();
    if (met_first_ > 0) --met_first_;
    if (stranger == nullptr) continue;
    stranger->queued = false;
    return stranger;
  }
  return nullptr;
}

bool StrangerQueue::BeginNewcomers() {
  if (met_first_ > 0) return false;
  return std::exchange(newcomers_, false);
}

bool StrangerQueue::NewcomersMustStayOut(absl::Duration now) const {
  const Connection* const oldest = room_->oldest();
  return room_->full() && oldest != nullptr && (oldest->queued || now - oldest->since < kStay);
}

}  // namespace orch::hub

#include "services/hub/door/carry_queue.h"

#include <algorithm>
#include <utility>

namespace orch::hub {

void CarryQueue::AddBusy(Connection* connection) {
  if (!std::exchange(connection->queued, true)) busy_.push_back(connection->id);
}

void CarryQueue::Turn(absl::Duration now, absl::FunctionRef<void(Connection*)> carry) {
  TurnOfBusy(carry);
  TurnOfPaused(now, carry);
}

void CarryQueue::TurnOfBusy(absl::FunctionRef<void(Connection*)> carry) {
  for (size_t turn = busy_.size(); turn > 0; --turn) {
    Connection* const connection = connections_->Find(busy_.front());
    busy_.pop_front();
    if (connection == nullptr) continue;
    connection->queued = false;
    carry(connection);
  }
}

void CarryQueue::TurnOfPaused(absl::Duration now, absl::FunctionRef<void(Connection*)> carry) {
  if (paused_.empty()) return;
  std::vector<uint64_t> paused;
  paused.swap(paused_);
  std::sort(paused.begin(), paused.end());
  paused.erase(std::unique(paused.begin(), paused.end()), paused.end());
  for (const uint64_t id : paused) {
    Connection* const connection = connections_->Find(id);
    if (connection == nullptr) continue;
    if (!connection->MayRead(now)) {
      paused_.push_back(id);
      continue;
    }
    connection->Resume();
    carry(connection);
  }
}

absl::Duration CarryQueue::Wait() const {
  if (!busy_.empty()) return absl::ZeroDuration();
  return paused_.empty() ? absl::InfiniteDuration() : kLookAtPaused;
}

}  // namespace orch::hub

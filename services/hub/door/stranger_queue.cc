#include "services/hub/door/stranger_queue.h"

#include <iterator>
#include <utility>

namespace orch::hub {

void StrangerQueue::OnSpoke(Connection* stranger) {
  if (stranger->awaits_signature) return;
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

void StrangerQueue::OnMustSign(Connection* stranger) {
  stranger->awaits_signature = true;
  stranger->turn = to_sign_.insert(to_sign_.end(), stranger);
}

Connection* StrangerQueue::NextToSign() {
  if (to_sign_.empty() || due_ < 1) return nullptr;
  due_ -= 1;
  const size_t skipped = room_->full() ? random_->Uint64() % to_sign_.size() : 0;
  Connection* const stranger = *std::next(to_sign_.begin(), static_cast<std::ptrdiff_t>(skipped));
  OnGone(stranger);
  return stranger;
}

void StrangerQueue::OnGone(Connection* stranger) {
  if (std::exchange(stranger->awaits_signature, false)) to_sign_.erase(stranger->turn);
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

#include "services/hub/labels/standing_updates.h"

#include <utility>

namespace orch::hub {

StandingUpdates::StandingUpdates(LabelTable* labels, Standings* standings, Registry* registry, NodeWatch* watch,
                                 Executor* loop)
    : labels_(labels), standings_(standings), registry_(registry), watch_(watch), loop_(loop) {
  labels_->SetListener([this](const std::vector<std::string>& identities) {
    for (const std::string& identity : identities) Update(identity);
  });
  standings_->SetListener([this] { UpdateAll(); });
}

StandingUpdates::~StandingUpdates() {
  labels_->SetListener(nullptr);
  standings_->SetListener(nullptr);
}

void StandingUpdates::Update(absl::string_view identity) {
  if (!registry_->Restand(identity)) return;
  const NodeRecord& record = *registry_->Find(identity);
  if (record.channel != nullptr) record.channel->SendStanding(registry_->StandingOf(record));
  watch_->Notify(v1::WatchNodesResponse::NODE_CHANGED, identity);
}

// Nodes that come in the meantime are asked when they attach.
void StandingUpdates::UpdateAll() {
  to_update_.clear();
  const NodeNames& names = registry_->facts().names();
  registry_->facts().live().ForEach([&](Slot slot) { to_update_.push_back(names.identity(slot)); });
  if (!std::exchange(turning_, true)) Turn();
}

void StandingUpdates::Turn() {
  for (size_t i = 0; i < kNodesATurn && !to_update_.empty(); ++i) {
    const std::string identity = std::move(to_update_.front());
    to_update_.pop_front();
    Update(identity);
  }
  turning_ = !to_update_.empty();
  if (!turning_) return;
  loop_->Post([this, alive = lifetime_.watch()] {
    if (!alive.ended()) Turn();
  });
}

}  // namespace orch::hub

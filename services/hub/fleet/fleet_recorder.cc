#include "services/hub/fleet/fleet_recorder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace orch::hub {

FleetRecorder::Soon* FleetRecorder::Note(absl::string_view identity, What what) {
  if (closed_) return nullptr;
  Soon& soon = soon_[identity];
  soon.what = std::max(soon.what, what);
  // Whatever is kept may be outdated now.
  if (what == What::kWhole) kept_facts_ -= std::exchange(soon.facts_json, "").size();
  Arm(kGather);
  return &soon;
}

void FleetRecorder::OnAttached(absl::string_view identity, const std::string& facts_json) {
  Soon* const soon = Note(identity, What::kWhole);
  if (soon == nullptr || kept_facts_ + facts_json.size() > kMaxKeptFacts) return;
  soon->facts_json = facts_json;
  kept_facts_ += facts_json.size();
}

void FleetRecorder::OnChanged(absl::string_view identity) {
  if (closed_ || !later_.insert(std::string(identity)).second) return;
  later_order_.emplace_back(clock_->Steady() + kGatherChanges, std::string(identity));
}

void FleetRecorder::OnDdl(std::string json) {
  if (closed_) return;
  new_ddls_.push_back(std::move(json));
  Arm(kGather);
}

void FleetRecorder::Arm(absl::Duration after) {
  if (writing_ || std::exchange(armed_, true)) return;
  executor_->PostAfter(after, [this, alive = lifetime_.watch()] {
    if (alive.ended()) return;
    armed_ = false;
    WriteSome();
  });
}

FleetRecorder::Batch FleetRecorder::TakeSome(FleetChange* change) {
  Batch batch;
  size_t bytes = 0;
  while (!soon_.empty() && batch.size() < kMaxNodesPerWrite && bytes < kMaxBytesPerWrite) {
    const auto next = soon_.begin();
    Soon soon = std::move(next->second);
    batch.emplace_back(next->first, soon.what);
    soon_.erase(next);
    kept_facts_ -= soon.facts_json.size();
    const NodeRecord* record = registry_->Find(batch.back().first);
    if (record == nullptr) continue;  // it was forgotten in the meantime
    switch (soon.what) {
      case What::kWhole:
        change->nodes.push_back(DescribeWhole(*record, std::move(soon.facts_json)));
        bytes += change->nodes.back().facts_json().size();
        break;
      case What::kRest:
        change->rests.push_back(registry_->DescribeOwnRest(*record));
        break;
      case What::kPresence:
        change->presences.push_back(registry_->DescribePresence(*record));
        break;
    }
  }
  return batch;
}

v1::Node FleetRecorder::DescribeWhole(const NodeRecord& record, std::string facts_json) const {
  if (facts_json.empty()) return registry_->DescribeOwn(record);
  v1::Node node = registry_->DescribeOwnRest(record);
  node.set_facts_json(std::move(facts_json));
  return node;
}

void FleetRecorder::WriteSome() {
  if (writing_ || closed_ || (soon_.empty() && new_ddls_.empty())) return;
  FleetChange change;
  Batch batch = TakeSome(&change);
  change.ddls = std::exchange(new_ddls_, {});
  writing_ = true;
  std::vector<std::string> ddls = change.ddls;
  store_->Apply(std::move(change), [this, alive = lifetime_.watch(), batch = std::move(batch),
                                    ddls = std::move(ddls)](const absl::Status& status) mutable {
    if (!alive.ended()) OnWritten(batch, std::move(ddls), status);
  });
}

void FleetRecorder::OnWritten(const Batch& batch, std::vector<std::string> ddls, const absl::Status& status) {
  writing_ = false;
  if (closed_) return;
  if (status.ok()) {
    if (std::exchange(failing_, false)) LogInfo("the fleet is stored again", {});
    return WriteSome();
  }
  for (const auto& [identity, what] : batch) {
    Soon& soon = soon_[identity];
    soon.what = std::max(soon.what, what);
  }
  new_ddls_.insert(new_ddls_.end(), std::make_move_iterator(ddls.begin()), std::make_move_iterator(ddls.end()));
  if (!std::exchange(failing_, true)) {
    LogError("what nodes do is not stored; trying until it is", {{"reason", std::string(status.message())}});
  }
  Arm(kTryAgainAfter);
}

void FleetRecorder::Forget(std::vector<std::string> identities, NodeStore::Done done) {
  FleetChange change;
  change.forgotten = std::move(identities);
  store_->Apply(std::move(change),
                [alive = lifetime_.watch(), done = std::move(done)](const absl::Status& status) mutable {
                  if (!alive.ended()) done(status);
                });
}

void FleetRecorder::Tick() {
  if (closed_) return;
  const absl::Duration now = clock_->Steady();
  while (!later_order_.empty() && later_order_.front().first <= now) {
    Note(later_order_.front().second, What::kWhole);
    later_.erase(later_order_.front().second);
    later_order_.pop_front();
  }
  if (now - alive_told_ >= kAliveEvery) {
    alive_told_ = now;
    FleetChange change;
    change.alive_us = absl::ToUnixMicros(clock_->Now());
    store_->Apply(std::move(change), nullptr);
  }
  if (now - ddls_kept_ >= kKeepDdlsEvery) {
    ddls_kept_ = now;
    store_->KeepDdls(KnownDdls(), nullptr);
  }
}

std::vector<std::string> FleetRecorder::KnownDdls() const {
  absl::flat_hash_set<std::string> known;
  registry_->facts().live().ForEach([&](Slot slot) {
    for (const PluginAnnouncement& plugin : registry_->At(slot).plugins) known.insert(plugin.sha256);
  });
  return {known.begin(), known.end()};
}

void FleetRecorder::Close() {
  for (const std::string& identity : later_) Note(identity, What::kWhole);
  later_.clear();
  later_order_.clear();
  closed_ = true;
  while (!soon_.empty() || !new_ddls_.empty()) {
    FleetChange change;
    TakeSome(&change);
    change.ddls = std::exchange(new_ddls_, {});
    store_->Apply(std::move(change), nullptr);
  }
  FleetChange last;
  last.alive_us = absl::ToUnixMicros(clock_->Now());
  store_->Apply(std::move(last), nullptr);
}

}  // namespace orch::hub

#include "services/nodeagent/inventory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/lifetime.h"

namespace orch::nodeagent {

Inventory::Inventory(Options options, const Clock* clock, Executor* executor, Background background,
                     std::function<void(const Found&)> changed)
    : options_(std::move(options)),
      clock_(clock),
      executor_(executor),
      background_(std::move(background)),
      changed_(std::move(changed)),
      collector_(options_.facts, clock) {}

Inventory::~Inventory() {
  if (timer_ != 0) executor_->Cancel(timer_);
}

std::string Inventory::Stamp() const {
  return absl::StrCat(FactFilesStamp(options_.facts.directory, options_.facts.files),
                      ClassesStamp(options_.classes_files));
}

Inventory::Found Inventory::CollectNow() {
  return {collector_.Collect(FactCollector::Depth::kQuick, &cancel_), classes_.Read(options_.classes_files)};
}

void Inventory::Start() {
  StartCollection();
  Watch();
}

void Inventory::Watch() {
  if (clock_->Steady() >= next_full_ || Stamp() != stamp_) StartCollection();
  Lifetime::Watch alive = lifetime_.watch();
  timer_ = executor_->PostAfter(kWatchInterval, [this, alive] {
    if (!alive.ended()) Watch();
  });
}

void Inventory::Refresh() {
  if (collecting_) {
    again_ = true;
  } else {
    StartCollection();
  }
}

void Inventory::SetOptions(Options options) {
  options_ = std::move(options);
  Refresh();
}

void Inventory::StartCollection() {
  if (collecting_) return;
  collecting_ = true;
  again_ = false;
  stamp_ = Stamp();  // before reading: what is written meanwhile is seen next time
  next_full_ = clock_->Steady() + options_.facts.interval;
  Lifetime::Watch alive = lifetime_.watch();
  background_([this, alive, options = options_] {
    collector_.SetConfig(options.facts);
    Found found{collector_.Collect(FactCollector::Depth::kFull, &cancel_), classes_.Read(options.classes_files)};
    executor_->Post([this, alive, found = std::move(found)]() mutable {
      if (!alive.ended()) FinishCollection(std::move(found));
    });
  });
}

void Inventory::FinishCollection(Found found) {
  collecting_ = false;
  changed_(found);
  if (again_) StartCollection();
}

}  // namespace orch::nodeagent

#include "services/hub/labels/label_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "filter/filter.h"
#include "services/hub/labels/label_record.h"

namespace orch::hub {
namespace {

void AddRecord(RecordKey key, const auth::Labels& labels, RecordChange* change) {
  if (labels.empty()) {
    change->erases.push_back(std::move(key));
  } else {
    change->puts.push_back({std::move(key), LabelRecord(labels)});
  }
}

}  // namespace

absl::Status LabelTable::Load() {
  const auto load = [this](absl::string_view kind, auth::Labels Entry::*part) {
    return store_->Load(kind, [this, part](const std::string& identity, const std::string& bytes) {
      absl::StatusOr<auth::Labels> labels = ParseLabelRecord(bytes);
      if (!labels.ok()) {
        LogError("the stored labels of a node are left out; set them again",
                 {{"node", identity}, {"reason", std::string(labels.status().message())}});
        return;
      }
      Entry entry = Find(identity) == nullptr ? Entry() : *Find(identity);
      entry.*part = *std::move(labels);
      Put(identity, std::move(entry));
    });
  };
  ORCH_RETURN_IF_ERROR(load(kRecordKind, &Entry::set));
  return load(kCertificateRecordKind, &Entry::certificate);
}

const LabelTable::Entry* LabelTable::Find(absl::string_view identity) const {
  const auto found = entries_.find(identity);
  return found == entries_.end() ? nullptr : &found->second;
}

const auth::Labels& LabelTable::Of(absl::string_view identity) const {
  static const auto* const kNone = new auth::Labels();
  const Entry* const entry = Find(identity);
  return entry == nullptr ? *kNone : entry->all;
}

void LabelTable::Put(const std::string& identity, Entry entry) {
  if (entry.set.empty() && entry.certificate.empty()) {
    entries_.erase(identity);
    return;
  }
  entry.all = entry.set;
  entry.all.insert(entry.certificate.begin(), entry.certificate.end());  // what an operator has set stays
  entries_[identity] = std::move(entry);
}

absl::Status LabelTable::Check(const Change& change) const {
  if (change.identities.empty() || change.identities.size() > kMaxNodesOfChange) {
    return absl::InvalidArgumentError(
        absl::StrCat("labels of ", change.identities.size(), " nodes; name 1 to ", kMaxNodesOfChange, " nodes"));
  }
  for (const std::string& identity : change.identities) {
    if (!filter::IsIdentity(identity)) return absl::InvalidArgumentError("one of the names is no node's identity");
  }
  if (change.set.empty() && change.remove.empty()) {
    return absl::InvalidArgumentError("no label is set and none is removed; name at least one");
  }
  ORCH_RETURN_IF_ERROR(auth::CheckLabels(change.set));
  for (const std::string& name : change.remove) {
    ORCH_RETURN_IF_ERROR(auth::CheckLabelName(name));
    if (!change.set.contains(name)) continue;
    return absl::InvalidArgumentError(absl::StrCat("label ", name, " is both set and removed; do one of them"));
  }
  if (waiting_.size() < kMaxWaitingChanges) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(waiting_.size(), " changes of labels wait to be stored; try again in a moment"));
}

void LabelTable::Apply(Change change, Done done) {
  if (const absl::Status status = Check(change); !status.ok()) return done(status);
  waiting_.push_back({std::move(change), std::move(done)});
  StoreNext();
}

void LabelTable::Set(std::string identity, auth::Labels labels, absl::AnyInvocable<void(absl::Status)> done) {
  if (labels.empty()) return done(absl::OkStatus());
  Apply({{std::move(identity)}, std::move(labels), {}},
        [done = std::move(done)](const absl::StatusOr<std::vector<std::string>>& changed) mutable {
          done(changed.status());
        });
}

absl::StatusOr<LabelTable::Next> LabelTable::Compute(const Change& change) const {
  Next next;
  size_t added = 0;
  for (const std::string& identity : change.identities) {
    const Entry* const entry = Find(identity);
    auth::Labels labels = entry == nullptr ? auth::Labels() : entry->set;
    for (const auto& [name, value] : change.set) labels[name] = value;
    for (const std::string& name : change.remove) labels.erase(name);
    if (labels == (entry == nullptr ? auth::Labels() : entry->set)) continue;
    if (labels.size() > auth::kMaxLabels) {
      return absl::ResourceExhaustedError(absl::StrCat("node ", identity, " would have ", labels.size(),
                                                       " labels; at most ", auth::kMaxLabels,
                                                       " are kept, so remove others first"));
    }
    if (next.emplace(identity, std::move(labels)).second && entry == nullptr) ++added;
  }
  if (added == 0 || entries_.size() + added <= options_.max_identities) return next;
  return absl::ResourceExhaustedError(
      absl::StrCat("the hub keeps labels of ", entries_.size(), " nodes, and at most of ", options_.max_identities,
                   "; raise limits.nodes, or forget nodes that will not come back (orchctl node forget)"));
}

void LabelTable::StoreNext() {
  while (!storing_ && !waiting_.empty()) {
    absl::StatusOr<Next> next = Compute(waiting_.front().change);
    if (!next.ok()) {
      EndFirst(next.status());
    } else if (next->empty()) {
      EndFirst(std::vector<std::string>());
    } else {
      storing_ = true;
      store_->Apply(RecordsOf(*next), [this, alive = lifetime_.watch(), next = *next](const absl::Status& status) {
        if (!alive.ended()) OnStored(next, status);
      });
    }
  }
}

// `done` may begin another change.
void LabelTable::EndFirst(absl::StatusOr<std::vector<std::string>> result) {
  Done done = std::move(waiting_.front().done);
  waiting_.pop_front();
  done(std::move(result));
}

RecordChange LabelTable::RecordsOf(const Next& next) {
  RecordChange change;
  for (const auto& [identity, labels] : next) AddRecord({kRecordKind, identity}, labels, &change);
  return change;
}

void LabelTable::OnStored(const Next& next, const absl::Status& status) {
  storing_ = false;
  if (!status.ok()) {
    EndFirst(absl::Status(status.code(), absl::StrCat("the labels are not stored: ", status.message())));
    return StoreNext();
  }
  std::vector<std::string> changed;
  for (const auto& [identity, labels] : next) {
    Entry entry = Find(identity) == nullptr ? Entry() : *Find(identity);
    entry.set = labels;
    Put(identity, std::move(entry));
    changed.push_back(identity);
  }
  if (listener_ != nullptr) listener_(changed);
  EndFirst(std::move(changed));
  StoreNext();
}

void LabelTable::SetFromCertificate(absl::string_view identity, const auth::Labels& labels) {
  const Entry* const found = Find(identity);
  Entry entry = found == nullptr ? Entry() : *found;
  if (entry.certificate == labels) return;
  if (found == nullptr && entries_.size() >= options_.max_identities) {
    LogError("the labels in a node's certificate are left out; raise limits.nodes",
             {{"node", std::string(identity)}, {"kept_of", absl::StrCat(entries_.size(), " nodes")}});
    return;
  }
  entry.certificate = labels;
  RecordChange change;
  AddRecord({kCertificateRecordKind, std::string(identity)}, labels, &change);
  Put(std::string(identity), std::move(entry));
  store_->Apply(std::move(change), [identity = std::string(identity)](const absl::Status& status) {
    if (status.ok()) return;
    LogWarning("the labels in a node's certificate are not stored; they count until the hub stops",
               {{"node", identity}, {"reason", std::string(status.message())}});
  });
  if (listener_ != nullptr) listener_({std::string(identity)});
}

void LabelTable::Forget(absl::string_view identity) {
  if (entries_.erase(identity) == 0) return;
  RecordChange change;
  change.erases = {{kRecordKind, std::string(identity)}, {kCertificateRecordKind, std::string(identity)}};
  store_->Apply(std::move(change), [identity = std::string(identity)](const absl::Status& status) {
    if (status.ok()) return;
    LogWarning("the labels of a forgotten node are still stored and will be back after a restart; remove them again",
               {{"node", identity}, {"reason", std::string(status.message())}});
  });
}

}  // namespace orch::hub

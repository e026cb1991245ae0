// A record store in memory whose commits the test releases one at a time.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/hub/job_store/record_store.h"

namespace orch::hub {

class FakeRecordStore final : public RecordStore {
 public:
  void Apply(RecordChange change, Done done) override {
    waiting.emplace_back(std::move(change), std::move(done));
    if (!held) Commit();
  }
  absl::Status Load(absl::string_view kind,
                    const std::function<void(const std::string& id, const std::string& bytes)>& take) override {
    for (const auto& [key, bytes] : records) {
      if (key.first == kind) take(key.second, bytes);
    }
    return absl::OkStatus();
  }
  bool durable() const override { return true; }

  // Commits the oldest change, or refuses it.
  void Commit(absl::Status status = absl::OkStatus()) {
    auto [change, done] = std::move(waiting.front());
    waiting.pop_front();
    if (status.ok()) {
      for (RecordChange::Put& put : change.puts) records[{put.key.kind, put.key.id}] = put.bytes;
      for (const RecordKey& key : change.erases) records.erase({key.kind, key.id});
    }
    if (done != nullptr) done(status);
  }

  bool held = false;
  std::deque<std::pair<RecordChange, Done>> waiting;
  std::map<std::pair<std::string, std::string>, std::string> records;
};

}  // namespace orch::hub

// Keeps records in the file of the durable job store. The store's writer commits jobs, nodes and records in the same
// groups. Load reads on a connection of its own. The hub's loop only.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/hub/job_store/group_writer.h"
#include "services/hub/job_store/record_store.h"

namespace orch::hub {

class SqliteRecordStore final : public RecordStore {
 public:
  // `writer` writes the file `path` and must outlive this store.
  SqliteRecordStore(GroupWriter* writer, std::string path) : writer_(writer), path_(std::move(path)) {}

  void Apply(RecordChange change, Done done) override;
  absl::Status Load(absl::string_view kind,
                    const std::function<void(const std::string& id, const std::string& bytes)>& take) override;
  bool durable() const override { return true; }

 private:
  GroupWriter* const writer_;
  const std::string path_;
};

}  // namespace orch::hub

// Reads the rows of the durable job store. Uses a connection and a thread of its own, so that a long listing delays
// neither the writer nor the loop. Owned by the SqliteJobStore; its reading thread only, except Open and
// LoadUnfinished.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/hub/job_store/sqlite.h"
#include "services/hub/job_store/stored_job.h"

namespace orch::hub {

// Each function answers as the function of JobStore with the same name.
class JobReader {
 public:
  static absl::StatusOr<std::unique_ptr<JobReader>> Open(const std::string& path);

  absl::StatusOr<StoredJob> Get(const std::string& job_id);
  absl::StatusOr<StoredJob> GetByKey(const std::string& caller, const std::string& key);
  absl::StatusOr<JobPage> List(const JobFilter& filter, uint64_t before, size_t limit);
  absl::StatusOr<ReplyPage> Replies(const std::string& job_id, const ReplyQuery& query);
  absl::Status LoadUnfinished(const std::function<void(UnfinishedJob)>& take);

 private:
  explicit JobReader(std::unique_ptr<Sqlite> file) : file_(std::move(file)) {}
  absl::StatusOr<StoredJob> JobOfRow(const SqliteStatement& row) const;
  absl::Status LoadTasks(int64_t num, UnfinishedJob* job);
  absl::Status Damaged(absl::string_view what) const;

  const std::unique_ptr<Sqlite> file_;
  SqliteStatement get_, get_by_key_, list_, find_, replies_, unfinished_, targets_, outcomes_, changes_;
};

}  // namespace orch::hub

// Answers questions about stored jobs, in pages, and forgets jobs. Owned by the hub; its loop only, where the store's
// answers arrive too.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/job_store/job_store.h"

namespace orch::hub {

inline constexpr uint32_t kMaxJobsPage = 1000;
inline constexpr uint32_t kDefaultJobsPage = 100;
inline constexpr uint32_t kMaxRepliesPage = 10'000;
inline constexpr uint32_t kDefaultRepliesPage = 1000;
inline constexpr size_t kMaxOpenTasks = 1000;  // in GetJobResponse

class JobQueries {
 public:
  using Done = std::function<void(absl::Status)>;
  // Adds the open tasks of a running job; does nothing for another job.
  using ListOpen = std::function<void(absl::string_view job_id, v1::GetJobResponse* response)>;

  JobQueries(JobStore* store, ListOpen list_open) : store_(store), list_open_(std::move(list_open)) {}

  // The request and the response must live until `done` is called: with InvalidArgument, which names the field, or with
  // the store's status.
  void GetJob(const v1::GetJobRequest& request, v1::GetJobResponse* response, Done done);
  void ListJobs(const v1::ListJobsRequest& request, v1::ListJobsResponse* response, Done done);
  // The job's id may be shortened. A page may have fewer replies than requested, because it is also bounded in bytes.
  void ListReplies(const v1::ListRepliesRequest& request, v1::ListRepliesResponse* response, Done done);
  // InvalidArgument for a request without a bound. Logs the call with `caller`.
  void PruneJobs(const v1::PruneJobsRequest& request, const std::string& caller, v1::PruneJobsResponse* response,
                 Done done);

 private:
  // 0 for an empty token. Refuses a token of another store, because it would name other jobs.
  absl::StatusOr<uint64_t> ReadToken(absl::string_view token) const;
  std::string MakeToken(uint64_t next) const;
  void ListRepliesOf(const std::string& job_id, ReplyQuery query, v1::ListRepliesResponse* response, Done done);

  JobStore* const store_;
  const ListOpen list_open_;
};

}  // namespace orch::hub

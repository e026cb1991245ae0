// Where jobs and their outcomes are kept. One conformance suite (tests/hub) holds for every
// implementation. Called on the hub's loop. Inputs given to it have sensitive values replaced
// already. Kept in bounds: what is oldest and finished goes first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orch/v1/job.pb.h"

namespace orch::hub {

struct StoredJob {
  std::string job_id;   // 32 hex digits
  std::string caller;   // psk=peadmin
  v1::JobSpec spec;     // inputs redacted
  int64_t created_us = 0;
  uint32_t targets = 0;
  std::optional<v1::JobSummary> summary;  // set once finished
};

class JobStore {
 public:
  virtual ~JobStore() = default;

  // AlreadyExists for an id that is there.
  virtual absl::Status Create(const StoredJob& job) = 0;
  // The outcome of one task. NotFound for an unknown job, FailedPrecondition once it is finished,
  // AlreadyExists for a second outcome of one identity.
  virtual absl::Status AppendReply(absl::string_view job_id, const v1::Reply& reply) = 0;
  // NotFound, or FailedPrecondition when it is finished already.
  virtual absl::Status Finish(absl::string_view job_id, const v1::JobSummary& summary) = 0;

  virtual absl::StatusOr<StoredJob> Get(absl::string_view job_id) const = 0;
  // In the order they were appended, from `offset`, at most `limit`. NotFound for an unknown job.
  virtual absl::StatusOr<std::vector<v1::Reply>> Replies(absl::string_view job_id, size_t offset, size_t limit) const = 0;
  // The newest first, at most `limit`.
  virtual std::vector<StoredJob> List(size_t limit) const = 0;
  // Forgets what is past its time.
  virtual void Expire() = 0;
};

}  // namespace orch::hub

// One node's answer to a job, or the reason why there is none. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "actions/ddl/aggregator.h"
#include "base/json.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

struct Answer {
  std::string identity;
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;
  uint32_t code = 0;
  std::string message;
  v1::ErrorKind error_kind = v1::ERROR_KIND_UNSPECIFIED;
  Json data = Json::object();
  absl::Duration latency;
  absl::Duration run;
  bool not_sent = false;  // the hub ended the job before this node's turn came

  bool ok() const { return state == v1::OK; }
  bool missing() const;  // no answer of the node itself
};
Answer ToAnswer(const v1::Reply& reply);
// As far as it counts in them.
void AddToSummaries(const Answer& answer, ddl::Aggregator* aggregator);

}  // namespace orch::cli

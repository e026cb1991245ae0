// One node's answer to a job, or the reason why the node gave none. Pure.
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
  bool not_sent = false;  // whether the hub ended the job before this node's turn came

  bool ok() const { return state == v1::OK; }
  bool missing() const;  // whether the node itself gave no answer
};
// Converts a reply from the wire. A reply whose data are no JSON object becomes a failure.
Answer ToAnswer(const v1::Reply& reply);
// Adds the data of `answer` to the summaries, unless an answer of this kind does not count in them.
void AddToSummaries(const Answer& answer, ddl::Aggregator* aggregator);

}  // namespace orch::cli

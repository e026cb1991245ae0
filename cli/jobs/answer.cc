#include "cli/jobs/answer.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace orch::cli {

bool Answer::missing() const {
  return state == v1::TIMED_OUT || state == v1::OFFLINE || state == v1::EXPIRED || state == v1::INDETERMINATE;
}

Answer ToAnswer(const v1::Reply& reply) {
  Answer answer;
  answer.identity = reply.identity();
  answer.state = reply.state();
  answer.code = reply.status_code();
  answer.message = reply.status_message();
  answer.error_kind = reply.kind();
  answer.latency = absl::Microseconds(reply.latency_us());
  answer.run = absl::Microseconds(reply.run_us());
  answer.not_sent = reply.state() == v1::CANCELLED && reply.attempt() == 0;
  absl::StatusOr<Json> data = ParseJsonObject(reply.data_json(), absl::StrCat("reply of ", reply.identity()));
  if (data.ok()) {
    answer.data = *std::move(data);
  } else {
    answer.state = v1::FAILED;
    answer.code = 5;
    answer.error_kind = v1::ERROR_KIND_PROTOCOL;
    answer.message = std::string(data.status().message());
  }
  return answer;
}

void AddToSummaries(const Answer& answer, ddl::Aggregator* aggregator) {
  if (answer.ok()) return aggregator->Add(answer.data);
  if (answer.state == v1::FAILED && answer.code == 1) aggregator->AddFailed(answer.data);
}

}  // namespace orch::cli

#include "services/nodeagent/facts/fact_part.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/duration_text.h"
#include "base/process/cancel_token.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"
#include "services/nodeagent/facts/fact_text.h"
#include "services/nodeagent/facts/yaml_facts.h"

namespace orch::nodeagent {

void Absorb(absl::StatusOr<Json> result, FactPart* part) {
  if (result.ok()) {
    part->facts = std::make_shared<const Json>(*std::move(result));
    part->problem.clear();
    return;
  }
  const absl::string_view kept = part->facts == nullptr ? "it gives no facts" : "its last good facts are kept (stale)";
  part->problem = absl::StrCat(result.status().message(), "; ", kept);
}

absl::StatusOr<Json> RunFactProgram(const std::vector<std::string>& argv, absl::Duration timeout,
                                    const CancelToken* cancel, const Clock& clock) {
  ProcessSpec spec;
  spec.argv = argv;
  spec.timeout = timeout;
  spec.max_output = kMaxFactSourceBytes;
  spec.end_on_output_limit = true;
  spec.cancel = cancel;
  ORCH_ASSIGN_OR_RETURN(const ProcessResult ended, RunProcess(spec, clock));
  switch (ended.end) {
    case ProcessResult::End::kTimedOut:
      return absl::DeadlineExceededError(absl::StrCat(argv[0], " did not end within ", DurationText(timeout)));
    case ProcessResult::End::kOutputLimit:
      return absl::ResourceExhaustedError(absl::StrCat(argv[0], " printed more than the 1 MiB accepted"));
    case ProcessResult::End::kCancelled:
      return absl::CancelledError(absl::StrCat(argv[0], " was ended"));
    case ProcessResult::End::kSignalled:
      return absl::InternalError(absl::StrCat(argv[0], " was ended by signal ", ended.signal));
    case ProcessResult::End::kExited:
      break;
  }
  if (ended.exit_code != 0) return absl::InternalError(absl::StrCat(argv[0], " ended with status ", ended.exit_code));
  return ParsePrintedFacts(ended.out, argv[0]);
}

}  // namespace orch::nodeagent

#include "cli/terminal/exit_codes.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace orch::cli {
namespace {

constexpr char kPayload[] = "orch/exit-code";

}  // namespace

absl::Status WithExitCode(absl::Status status, ExitCode code) {
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(static_cast<int>(code))));
  return status;
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  int code = kExitError;
  if (payload.has_value() && !absl::SimpleAtoi(std::string(*payload), &code)) return kExitError;
  return code;
}

int ExitCodeOf(const Tally& tally, bool allow_missing) {
  const size_t answered = tally.ok + tally.failed;
  if (tally.not_sent > 0) return kExitSomeFailed;
  if (answered == 0) {
    if (tally.named) return kExitNoNamedAnswer;
    return tally.targets > 0 ? kExitNoAnswer : kExitError;
  }
  if (tally.failed > 0) return kExitSomeFailed;
  if (tally.missing > 0 && !allow_missing) return kExitSomeFailed;
  return kExitOk;
}

}  // namespace orch::cli

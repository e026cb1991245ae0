#include "services/hub/jobs/run/attempt_id.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"

namespace orch::hub {

std::string AttemptId(const std::string& job_id, uint32_t attempt) {
  if (attempt <= 1) return job_id;
  return absl::BytesToHexString(Sha256(absl::StrCat(job_id, attempt)).substr(0, 16));
}

}  // namespace orch::hub

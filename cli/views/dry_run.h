// --dry-run of an action: which nodes would get it, with which inputs, in which waves. The hub is asked which
// nodes match; no node is, and no job is made.
#pragma once

#include "absl/status/statusor.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// `spec` as it would be sent; `inputs` with secrets left out. Exit code 1 when no node would get it.
absl::StatusOr<int> ShowDryRun(Context* context, const v1::JobSpec& spec, const Json& inputs);

}  // namespace orch::cli

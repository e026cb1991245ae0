// --dry-run of an action: shows which nodes would get the command, with which inputs and in which
// waves. It asks the hub which nodes match; it never asks a node and never starts a job.
#pragma once

#include "absl/status/statusor.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// `spec` is the spec that would be sent; `inputs` holds no secrets. The exit code is 1 if no node
// would get the command.
absl::StatusOr<int> ShowDryRun(Context* context, const v1::JobSpec& spec, const Json& inputs);

}  // namespace orch::cli

// Makes the spec of a job from options, and takes options from a spec to run a job again. Pure.
#pragma once

#include <string>

#include "cli/options/common_options.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// Copies from `spec` those options that were not given.
void AdoptSpec(const v1::JobSpec& spec, CommonOptions* options);

// Makes the part of a spec that options determine; the caller adds the inputs.
v1::JobSpec MakeSpec(const CommonOptions& options, const Targets& targets, const std::string& plugin,
                     const std::string& action);

}  // namespace orch::cli

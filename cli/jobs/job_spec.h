// The job that options ask for, and options taken from a job to run it again. Pure.
#pragma once

#include <string>

#include "cli/options/common_options.h"
#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// What `spec` asked for becomes the options' value, where they say nothing: to run it again.
void AdoptSpec(const v1::JobSpec& spec, CommonOptions* options);

// The part of a spec that options decide.
v1::JobSpec MakeSpec(const CommonOptions& options, const Targets& targets, const std::string& plugin,
                     const std::string& action);

}  // namespace orch::cli

// orchctl puppet runall N: runs Puppet on all nodes, N at a time. The hub keeps the window and
// frees a place when a node reports the end of its run; this file only prints what happens.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/jobs/invocation.h"
#include "cli/session/context.h"

namespace orch::cli {

struct RunAllOrder {
  uint32_t concurrency = 1;
  absl::Duration rerun;  // minimum time of a round, which is repeated for ever; zero means one round
};

// The client stops waiting for a run that takes longer, unless --timeout is given; the run
// continues.
inline constexpr absl::Duration kRunAllTimeout = absl::Hours(1);

// `run` is the action runonce with the input to wait for its end. With the plugin puppetd the log
// is that of the PE 2.0 guide. With puppet it is that of MCollective's later application, and only
// nodes on which Puppet is enabled are used.
absl::StatusOr<int> RunPuppetOnAll(Context* context, const Invocation& run, const RunAllOrder& order);

}  // namespace orch::cli

// orchctl puppet runall N: Puppet on all nodes, so many at a time. The hub keeps the window and frees a
// place when a node reports that its run has ended; here is only said what happens.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/jobs/invocation.h"
#include "cli/session/context.h"

namespace orch::cli {

struct RunAllOrder {
  uint32_t concurrency = 1;
  absl::Duration rerun;  // zero: once; else again and again, each round at least so long
};

// A run that takes longer is given up, but goes on; --timeout says otherwise.
inline constexpr absl::Duration kRunAllTimeout = absl::Hours(1);

// `run` is the action runonce, told to wait. With the plugin puppetd the log is the PE 2.0 guide's; with
// puppet it is that of MCollective's later application, and only nodes where Puppet is enabled are taken.
absl::StatusOr<int> RunPuppetOnAll(Context* context, const Invocation& run, const RunAllOrder& order);

}  // namespace orch::cli

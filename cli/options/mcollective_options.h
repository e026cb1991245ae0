// Options of MCollective's client that scripts and habits rely on. They have the same effect here,
// or are accepted and ignored with a note that gives the reason.
#pragma once

#include "absl/status/status.h"
#include "base/option_table.h"
#include "cli/options/common_options.h"

namespace orch::cli {

// Adds the options for the source of the nodes: --dm, --do, --dt.
void AddMCollectiveDiscovery(CommonOptions* options, OptionTable* table);
// Adds the options for sending a request: --threaded, --publish_timeout, --reply-to, and --ttl
// unless `has_ttl` says that the job options have it.
void AddMCollectiveRequest(bool has_ttl, CommonOptions* options, OptionTable* table);
// Translates --dm and --do into --nodes. InvalidArgument if the two contradict each other or
// --nodes.
absl::Status SettleDiscovery(CommonOptions* options);

}  // namespace orch::cli

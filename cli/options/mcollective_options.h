// Options of MCollective's client that people's fingers and scripts know: they do the same here, or say why there
// is nothing to do.
#pragma once

#include "absl/status/status.h"
#include "base/option_table.h"
#include "cli/options/common_options.h"

namespace orch::cli {

// Where the nodes come from: --dm, --do, --dt.
void AddMCollectiveDiscovery(CommonOptions* options, OptionTable* table);
// How a request is sent: --threaded, --publish_timeout, --reply-to, and --ttl unless the job options have it.
void AddMCollectiveRequest(bool has_ttl, CommonOptions* options, OptionTable* table);
// --dm and --do become --nodes.
absl::Status SettleDiscovery(CommonOptions* options);

}  // namespace orch::cli

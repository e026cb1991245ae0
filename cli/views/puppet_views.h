// What orchctl puppet and orchctl puppetd show of a job: a line for each node, counts, and the summary
// of last runs. The shapes are those of the PE 2.0 guide and of MCollective's puppet application.
#pragma once

#include <memory>

#include "cli/jobs/invocation.h"
#include "cli/session/context.h"
#include "cli/views/puppet_view.h"

namespace orch::cli {

// "agent.example.com  Enabled, not running, last run 10 seconds ago" for puppetd, else
// "agent.example.com: Currently idling; last completed run 3 minutes 20 seconds ago" and the summaries.
std::unique_ptr<PuppetView> MakePuppetStatusView(Context* context, const Invocation& invocation);
// "Nodes currently enabled: 2" and so on, of the action status.
std::unique_ptr<PuppetView> MakePuppetCountView(Context* context, const Invocation& invocation);
// A line with a little chart for each figure of the action last_run_summary.
std::unique_ptr<PuppetView> MakePuppetSummaryView(Context* context, const Invocation& invocation);

}  // namespace orch::cli

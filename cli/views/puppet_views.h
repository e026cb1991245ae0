// The views of orchctl puppet and puppetd: a line for each node, counts, and the summary of the
// last runs. puppetd has the layout of the PE 2.0 guide, puppet that of MCollective's puppet
// application.
#pragma once

#include <memory>

#include "cli/jobs/invocation.h"
#include "cli/session/context.h"
#include "cli/views/puppet_view.h"

namespace orch::cli {

// Whether the plugin is puppetd, whose texts are those of the PE 2.0 guide.
bool IsPuppetd(const Invocation& invocation);

// Shows "agent.example.com  Enabled, not running, last run 10 seconds ago" for puppetd, and for puppet
// "agent.example.com: Currently idling; last completed run 3 minutes 20 seconds ago" and the summaries.
std::unique_ptr<PuppetView> MakePuppetStatusView(Context* context, const Invocation& invocation);
// Shows "Nodes currently enabled: 2" and the like, for the action status.
std::unique_ptr<PuppetView> MakePuppetCountView(Context* context, const Invocation& invocation);
// Shows a line with a small chart for each figure of the action last_run_summary.
std::unique_ptr<PuppetView> MakePuppetSummaryView(Context* context, const Invocation& invocation);

}  // namespace orch::cli

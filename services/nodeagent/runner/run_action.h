// Runs one action of one plugin in this process. Blocks until the action has ended; never throws. Any thread.
#pragma once

#include "actions/core/action.h"
#include "actions/core/plugin.h"

namespace orch::nodeagent {

// `action` belongs to plugin->ddl(). The reply always has the outputs that have a default.
actions::Reply RunAction(actions::Plugin* plugin, const ddl::Action& action, const actions::Request& request,
                         const actions::Context& context);

}  // namespace orch::nodeagent

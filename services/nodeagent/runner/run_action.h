// One action of one plugin, here and now. Blocks until it is done; never throws.
#pragma once

#include "actions/core/action.h"
#include "actions/core/plugin.h"

namespace orch::nodeagent {

// `action` is of plugin->ddl(). Outputs with a default are always there.
actions::Reply RunAction(actions::Plugin* plugin, const ddl::Action& action, const actions::Request& request,
                         const actions::Context& context);

}  // namespace orch::nodeagent

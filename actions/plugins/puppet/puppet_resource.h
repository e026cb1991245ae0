// The action "resource" of the plugin "puppet": reads or changes one resource of any type with `puppet resource`, as
// far as the settings of the node allow. Thread-safe; keeps no state.
//
// Settings: puppet.resource_type_whitelist (default: empty, which refuses all) or puppet.resource_type_blacklist; for
// the names of one type puppet.resource_name_whitelist.TYPE or puppet.resource_name_blacklist.TYPE;
// puppet.resource_allow_managed_resources (false). Commas separate the items of a list.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "actions/core/action.h"
#include "actions/puppet/puppet_memory.h"
#include "actions/puppet/puppet_program.h"

namespace orch::actions {

// PermissionDenied names the setting that refuses; FailedPrecondition if the settings contradict each other.
absl::Status CheckResourceAllowed(const std::string& type, const std::string& name, const PuppetProgram& program);

// Runs the action with the inputs type, name, and properties.
Reply ApplyResource(const Request& request, const PuppetProgram& program, PuppetMemory* memory, const Context& context);

}  // namespace orch::actions

// The action "resource": one resource of any type Puppet knows, read or set by `puppet resource`, as far
// as the node's settings allow.
//
// Settings: puppet.resource_type_whitelist (none, which refuses all, when not set) or
// puppet.resource_type_blacklist; for the names of one type puppet.resource_name_whitelist.TYPE or
// puppet.resource_name_blacklist.TYPE; puppet.resource_allow_managed_resources (false). Lists are
// separated by commas.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "actions/core/action.h"
#include "actions/puppet/puppet_memory.h"
#include "actions/puppet/puppet_program.h"

namespace orch::actions {

// PermissionDenied says which setting refuses; FailedPrecondition when the settings contradict each other.
absl::Status CheckResourceAllowed(const std::string& type, const std::string& name, const PuppetProgram& program);

// Inputs: type, name, and properties.
Reply ApplyResource(const Request& request, const PuppetProgram& program, PuppetMemory* memory, const Context& context);

}  // namespace orch::actions

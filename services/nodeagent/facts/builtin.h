// The facts that this program collects itself, without running anything: structured as in Facter 4 and flat as in
// Facter 2. Takes a few milliseconds; any thread.
#pragma once

#include <string>

#include "base/json.h"

namespace orch::nodeagent {

// `root` is put before every path that is read; it is empty for this machine.
Json CollectBuiltinFacts(const std::string& root);

// Returns the value of the fact `fqdn` in lower case: the node's default identity.
std::string HostFqdn();

}  // namespace orch::nodeagent

// The facts this program collects itself, without running anything: structured as Facter 4 gives
// them and flat as Facter 2 did. Takes a few milliseconds; any thread.
#pragma once

#include <string>

#include "base/json.h"

namespace orch::nodeagent {

// `root` is put before every path that is read; empty for this machine.
Json CollectBuiltinFacts(const std::string& root);

// The node's name and domain as the fact `fqdn` has it: the default identity. Lower case.
std::string HostFqdn();

}  // namespace orch::nodeagent

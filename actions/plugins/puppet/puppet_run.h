// Starts a run of Puppet on this node, if it may begin, and reports its end. Thread-safe; keeps no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/core/action.h"
#include "actions/puppet/puppet_memory.h"
#include "actions/puppet/puppet_program.h"
#include "base/json.h"

namespace orch::actions {

// The wishes of the caller of "runonce". An unset one leaves the choice to the settings.
struct PuppetRunOptions {
  bool force = false;  // starts without splay, and even if another run still waits for its splay
  bool wait = false;   // waits for a run that is in progress, and replies after the end of its own
  std::string server, tags, skip_tags, environment;
  std::optional<bool> noop, splay, use_cached_catalog, ignoreschedules;
  std::optional<int64_t> splaylimit;  // seconds

  // Whether there is any wish. A running daemon can be signalled only without one, because a signal carries no options.
  bool Any() const;
};

// Reads the inputs of puppet.runonce. InvalidArgument for inputs that exclude each other, PermissionDenied for a server
// unless puppet.allow_server_override is set.
absl::StatusOr<PuppetRunOptions> ReadRunOptions(const Json& inputs, const PuppetProgram& program);

// Returns "puppet agent --onetime …" with all wishes; puppet.splay and puppet.splaylimit are the defaults.
std::vector<std::string> RunCommand(const PuppetRunOptions& options, const PuppetProgram& program);

// Refuses (code 1) while Puppet is disabled, applies a catalog, or is about to. With `wait` it refuses only while
// Puppet is disabled, and otherwise waits for the other run until the time of the action is over. Signals an idle
// daemon if there is no wish and puppet.signal_daemon allows it. Otherwise runs `command`, which outlives this call and
// this program; its output goes to "orch_run.log" in Puppet's state folder.
Reply RunPuppet(const PuppetRunOptions& options, const std::vector<std::string>& command, const PuppetProgram& program,
                PuppetMemory* memory, const Context& context);

}  // namespace orch::actions

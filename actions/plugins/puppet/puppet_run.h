// One run of Puppet on this node: whether it may begin, by which way, and how it ended.
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

// What the caller of "runonce" wishes. Unset: nothing was said.
struct PuppetRunOptions {
  bool force = false;  // at once: no splay, and not held up by a run that still waits for its splay
  bool wait = false;   // reply when the run has ended; one that is under way before is waited for
  std::string server, tags, skip_tags, environment;
  std::optional<bool> noop, splay, use_cached_catalog, ignoreschedules;
  std::optional<int64_t> splaylimit;  // seconds

  // A running daemon can be told to run, but not how: only without any wish it is.
  bool Any() const;
};

// From the inputs of puppet.runonce. InvalidArgument for those that exclude each other,
// PermissionDenied for a server where puppet.allow_server_override is not set.
absl::StatusOr<PuppetRunOptions> ReadRunOptions(const Json& inputs, const PuppetProgram& program);

// "puppet agent --onetime …" with all that was wished; puppet.splay and puppet.splaylimit say what is
// done without a wish.
std::vector<std::string> RunCommand(const PuppetRunOptions& options, const PuppetProgram& program);

// Refused (code 1) while Puppet is disabled, applies a catalog, or is about to; with `wait` only while it is
// disabled, because another run is waited for until the action's time is over. An idle daemon is
// signalled when that does what was wished and puppet.signal_daemon allows it; else `command` is run,
// outliving this call and this program, its output in "orch_run.log" beside Puppet's state.
Reply RunPuppet(const PuppetRunOptions& options, const std::vector<std::string>& command, const PuppetProgram& program,
                PuppetMemory* memory, const Context& context);

}  // namespace orch::actions

// The present state of Puppet on a node, which its lock files and its process show. Thread-safe; keeps no state.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "actions/puppet/puppet_memory.h"
#include "base/clock.h"
#include "base/json.h"

namespace orch::actions {

struct PuppetState {
  bool enabled = true;
  bool applying = false;  // applies a catalog now
  bool daemon_present = false;
  bool idling = false;          // the daemon runs and applies nothing
  std::string disable_message;  // the reason why it is disabled; may be empty
  int64_t lastrun = 0;          // seconds since 1970; 0: never or unknown
  int64_t since_lastrun = -1;

  // Returns the first one that is true: disabled, applying a catalog, idling or stopped.
  std::string Status() const;
  // Returns a text such as "Currently idling; last completed run 3 minutes 20 seconds ago".
  std::string Message() const;
  // Returns "Enabled, not running, last run 10 seconds ago", the text of the puppetd of 2011.
  std::string OldMessage() const;
  // The fields that the status action and the data function puppet() share.
  Json Fields() const;
};

// Reads the state; a missing file means that its condition is false. An error if a file exists and cannot be read.
absl::StatusOr<PuppetState> ReadPuppetState(const PuppetFiles& files, const Clock& clock);

// Whether the process exists and is Puppet by its command line.
bool IsPuppetProcess(pid_t pid);
// Returns the process that a lock or pid file names; 0 if there is none, or if it is not Puppet.
absl::StatusOr<pid_t> PuppetProcessOf(const std::string& file);

// Tells the daemon to apply its catalog now. NotFound if it does not run any more.
absl::Status SignalPuppetDaemon(const PuppetFiles& files);

// FailedPrecondition if Puppet is enabled, or disabled, already.
absl::Status EnablePuppet(const PuppetFiles& files);
absl::Status DisablePuppet(const PuppetFiles& files, const std::string& message);

// Returns a text such as "1 day 2 hours 3 minutes 04 seconds".
std::string HumanSeconds(int64_t seconds);

}  // namespace orch::actions

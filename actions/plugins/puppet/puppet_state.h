// What a node's Puppet does now, as its lock files and its process say.
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
  bool applying = false;  // a catalog, at this moment
  bool daemon_present = false;
  bool idling = false;          // the daemon is there and applies nothing
  std::string disable_message;  // why it is disabled, as far as somebody said
  int64_t lastrun = 0;          // seconds since 1970; 0: never, or nobody knows
  int64_t since_lastrun = -1;

  // disabled, applying a catalog, idling or stopped: the first that is so.
  std::string Status() const;
  // "Currently idling; last completed run 3 minutes 20 seconds ago".
  std::string Message() const;
  // "Enabled, not running, last run 10 seconds ago", as the puppetd of 2011 said it.
  std::string OldMessage() const;
  // The fields that the status action and the data function puppet() share.
  Json Fields() const;
};

// What is not there counts as not so. An error when a file is there and cannot be read.
absl::StatusOr<PuppetState> ReadPuppetState(const PuppetFiles& files, const Clock& clock);

// Whether this process is there and is Puppet, by its command line.
bool IsPuppetProcess(pid_t pid);
// The process a lock or pid file names; 0 when there is none, or it is no Puppet any more.
absl::StatusOr<pid_t> PuppetProcessOf(const std::string& file);

// NotFound when it is not running any more. Asks the daemon to apply its catalog now.
absl::Status SignalPuppetDaemon(const PuppetFiles& files);

// FailedPrecondition when it is so already.
absl::Status EnablePuppet(const PuppetFiles& files);
absl::Status DisablePuppet(const PuppetFiles& files, const std::string& message);

// "1 day 2 hours 3 minutes 04 seconds".
std::string HumanSeconds(int64_t seconds);

}  // namespace orch::actions

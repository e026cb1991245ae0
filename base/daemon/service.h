// The duties of a daemon towards its service manager and the kernel: readiness, signals, limits. main calls these.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"

namespace orch {

// Blocks SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 and SIGWINCH in this and all later threads. Ignores SIGPIPE and
// SIGXFSZ, so that a file at its size limit is an ordinary error. main calls it first, before it starts a thread.
void BlockServiceSignals();

// Waits for one of the blocked signals and returns its number. Only main calls it.
int WaitForSignal();

// These call sd_notify(3) and do nothing if NOTIFY_SOCKET is not set.
void NotifyReady(absl::string_view status);
void NotifyStatus(absl::string_view status);
void NotifyReloading();
void NotifyStopping();

// Raises the soft limit of open files to the hard one and returns the limit that is then in force.
size_t RaiseFileLimit();

// Forbids core files of this process and, because it holds keys, keeps other processes of its user from reading its
// memory. Does not affect processes that it starts.
void ForbidCoreDumps();

}  // namespace orch

// What a daemon owes its service manager: readiness, a watchdog, and an orderly stop.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"

namespace orch {

// Blocks SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 and SIGWINCH in this and all later threads and
// ignores SIGPIPE and SIGXFSZ (a file that may not grow is an error like any other). First thing in main, before any
// thread.
void BlockServiceSignals();

// Waits for one of the blocked signals and returns its number. From main.
int WaitForSignal();

// sd_notify(3); does nothing where NOTIFY_SOCKET is not set.
void NotifyReady(absl::string_view status);
void NotifyStatus(absl::string_view status);
void NotifyReloading();
void NotifyStopping();

// Raises the soft limit of open files to the hard one. Returns the limit in force.
size_t RaiseFileLimit();

// This process leaves no core file and cannot be read by others of its user: it holds keys. What it starts is not
// affected.
void ForbidCoreDumps();

}  // namespace orch

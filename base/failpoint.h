// Named places in the code at which a test can kill the process, as `kill -9` and a power cut would. They are compiled
// in only with the CMake option ORCH_FAILPOINTS (preset dev and those of the sanitizers); a release contains none.
//
//   ORCH_FAILPOINT("agent.journal.accepted");
//
// The environment names those that strike; it is read once, when the process passes the first failpoint:
//   ORCH_FAILPOINTS=agent.journal.accepted      strikes the first time
//   ORCH_FAILPOINTS=hub.ack.before:3,hub.x      strikes the third time; commas separate several names
// A name has the form room.thing.moment and occurs in one place of the source only.
#pragma once

#include "absl/strings/string_view.h"
#include "base/build_options.h"

namespace orch {

inline constexpr char kFailpointsVariable[] = "ORCH_FAILPOINTS";

// Writes a line to standard error and sends this process SIGKILL if the failpoint strikes now. Thread-safe.
void PassFailpoint(absl::string_view name);

}  // namespace orch

#if ORCH_FAILPOINTS
#define ORCH_FAILPOINT(name) ::orch::PassFailpoint(name)
#else
#define ORCH_FAILPOINT(name) static_cast<void>(0)
#endif

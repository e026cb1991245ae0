// Named places at which a test may end a process the way `kill -9` and a power cut do. Compiled in only
// with the CMake option ORCH_FAILPOINTS (preset dev and the sanitizers'); a release holds no trace of them.
//
//   ORCH_FAILPOINT("agent.journal.accepted");
//
// Which one strikes is said in the environment, once, when the first is passed:
//   ORCH_FAILPOINTS=agent.journal.accepted      the first time it is passed
//   ORCH_FAILPOINTS=hub.ack.before:3,hub.x      the third time; several are separated by commas
// A name is room.thing.moment and stands in one place of the source only.
#pragma once

#include "absl/strings/string_view.h"
#include "base/build_options.h"

namespace orch {

inline constexpr char kFailpointsVariable[] = "ORCH_FAILPOINTS";

// Thread-safe. Sends this process SIGKILL when its turn has come; says so on standard error before.
void PassFailpoint(absl::string_view name);

}  // namespace orch

#if ORCH_FAILPOINTS
#define ORCH_FAILPOINT(name) ::orch::PassFailpoint(name)
#else
#define ORCH_FAILPOINT(name) static_cast<void>(0)
#endif

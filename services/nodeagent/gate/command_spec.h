// Translates a verified command into a task. Pure functions; any thread.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/catalog.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/tasks/task_spec.h"

namespace orch::nodeagent {

inline constexpr absl::Duration kDefaultTimeout = absl::Seconds(10);  // when neither command nor DDL set a timeout
inline constexpr absl::Duration kMaxTimeout = absl::Hours(24);

// Returns the task without plugin, action and inputs, which AdmitCommand fills in. The deadline counts from `received`
// (Clock::Steady) plus the splay delay; the time that the plugin needs to end its own program is added to it.
TaskSpec MakeTaskSpec(const v1::Envelope& envelope, const v1::Command& command, const actions::Catalog& catalog,
                      absl::string_view identity, absl::Duration received);

}  // namespace orch::nodeagent

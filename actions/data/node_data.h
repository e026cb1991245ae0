// The data functions that ask the node's package manager, service manager, checks and kernel. docs/FILTERS.md has their
// results. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "actions/data/data_function.h"
#include "base/json.h"

namespace orch::actions {

absl::StatusOr<Json> NrpeData(const DataCall& call);
absl::StatusOr<Json> PackageData(const DataCall& call);
absl::StatusOr<Json> ProcessData(const DataCall& call);
absl::StatusOr<Json> ServiceData(const DataCall& call);
// The setting sysctl.proc replaces /proc/sys.
absl::StatusOr<Json> SysctlData(const DataCall& call);

}  // namespace orch::actions

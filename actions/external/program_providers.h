// Chooses the class of an installed plugin by the provider that its DDL names: external, legacy_json or worker. Any
// thread.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "actions/external/program_plugin.h"

namespace orch::actions {

// Finds the programs of the plugin and makes the plugin. The error tells the remedy.
absl::StatusOr<std::shared_ptr<ProgramPlugin>> CreateProgramPlugin(ProgramPlugin::Source source);

}  // namespace orch::actions

// The list of plugins that are built into the node agent. Any thread.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "actions/catalog/builtin_catalog.h"
#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "base/clock.h"

namespace orch::actions {

// Returns a catalog of the built-in plugins, or of the one called `only`. Plugins that are off by default are left out
// unless the settings turn them on; a plugin that cannot be loaded becomes a problem of the catalog.
std::shared_ptr<Catalog> BuiltinCatalog(const BuiltinOptions& options, const Clock* clock, absl::string_view only = "");

std::shared_ptr<PuppetMemory> MakePuppetMemory();

}  // namespace orch::actions

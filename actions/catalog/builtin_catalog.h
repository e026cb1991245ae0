// The plugins that are built into the node agent, by name.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "actions/catalog/builtin_catalog.h"
#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "base/clock.h"

namespace orch::actions {

// Returns a catalog of the built-in plugins, or of the one called `only`. A plugin that nobody asked for is left out;
// a plugin that cannot be loaded is a problem of the catalog. Only for building; the catalog does not change
// afterwards.
std::shared_ptr<Catalog> BuiltinCatalog(const BuiltinOptions& options, const Clock* clock, absl::string_view only = "");

std::shared_ptr<PuppetMemory> MakePuppetMemory();

}  // namespace orch::actions

// Chooses the layout of an action's data by plugin and declared outputs.
#pragma once

#include <memory>

#include "cli/jobs/invocation.h"
#include "cli/views/data_layout.h"

namespace orch::cli {

std::unique_ptr<DataLayout> LayoutFor(const Invocation& invocation);

}  // namespace orch::cli
